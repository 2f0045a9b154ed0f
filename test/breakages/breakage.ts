/** A defence, and how to take it away. */
export interface Breakage {
  /** What is taken away. Unique. */
  id: string;
  /** Requirements of ASVS 5.0.0 that it is part of. **Shape** `6.5.1`. */
  asvs?: readonly string[];
  /** The file that is changed, from the root of the project. */
  file: string;
  /** Occurs once in the file. */
  text: string;
  by: string;
  /** The file whose tests must fail then. **Shape** without `test/` and `.test.ts`. */
  test: string;
  /** A part of the names of the tests to run; all of the file if left out. */
  only?: string;
  /** Whether its test runs the built server. */
  isBuilt?: true;
  /** Whether it needs the long form of the tests. */
  isLong?: true;
}
