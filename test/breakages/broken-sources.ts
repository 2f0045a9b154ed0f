import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Breakage } from './breakage.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a breakage may change, or finds its files by its own place. The rest is linked. */
const COPIED = ['src', 'test', 'scripts', 'client', 'web', 'deploy', 'dist'];

/** One test of a file. */
export interface Ran {
  file: string;
  name: string;
  status: string;
  /** How it failed, once for each try. */
  messages: string[];
}

/** A copy of the sources that may be broken. */
export class BrokenSources {
  private constructor(private readonly root: string) {}

  static async create(): Promise<BrokenSources> {
    const root = await mkdtemp(join(tmpdir(), 'tokenjar-broken-'));
    for (const entry of await readdir(ROOT, { withFileTypes: true })) {
      const [from, to] = [join(ROOT, entry.name), join(root, entry.name)];
      if (entry.isFile()) await cp(from, to, { preserveTimestamps: true });
      else if (COPIED.includes(entry.name))
        // What was built stays newer than its sources, until one of them is broken.
        await cp(from, to, { recursive: true, preserveTimestamps: true });
      else if (entry.name !== '.git') await symlink(from, to);
    }
    return new BrokenSources(root);
  }

  /** Runs the tests of breakages, while one of them is in force. */
  async run(breakages: readonly Breakage[], inForce?: Breakage): Promise<Ran[]> {
    if (inForce === undefined) return this.runTests(breakages);
    const path = join(this.root, inForce.file);
    const whole = await readFile(path, 'utf8');
    await writeFile(
      path,
      whole.replace(inForce.text, () => inForce.by),
    );
    try {
      if (inForce.isBuilt) await this.build();
      return await this.runTests(breakages);
    } finally {
      await writeFile(path, whole);
    }
  }

  /** Only the server: neither types are checked, nor pages built. */
  private async build(): Promise<void> {
    const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: this.root });
    await run(
      'node_modules/typescript/bin/tsc',
      '-p',
      'tsconfig.build.json',
      '--noCheck',
      '--incremental',
      'false',
    );
    await run('scripts/bundle-server.mjs');
    // What says that nothing has to be built.
    await utimes(join(this.root, 'dist/page/index.html'), new Date(), new Date());
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }

  private async runTests(breakages: readonly Breakage[]): Promise<Ran[]> {
    if (breakages.length === 0) return [];
    const report = join(this.root, 'report.json');
    const files = new Set(breakages.map(({ test }) => `test/${test}.test.ts`));
    const names = breakages.map(({ only }) => only?.replace(/[^\w\s]/g, '\\$&') ?? '');
    const args = [
      ...['node_modules/jest/bin/jest.js', '--selectProjects', 'postgres', '--ci', '--json'],
      ...['--outputFile', report, ...(names.includes('') ? [] : ['-t', names.join('|')])],
      ...['--runTestsByPath', ...files],
    ];
    const env = { ...process.env, TEST_LONG: breakages.some(({ isLong }) => isLong) ? '1' : '0' };
    // No second tries: it is to fail.
    Object.assign(env, { TEST_RETRIES: '0' });
    const jest = spawn(process.execPath, args, { cwd: this.root, env, stdio: 'ignore' });
    await once(jest, 'exit');
    const { testResults } = JSON.parse(await readFile(report, 'utf8')) as JestReport;
    await rm(report);
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status !== 'pending')
        .map(({ fullName, status, failureMessages }) => ({
          file: name.slice(name.indexOf('/test/') + 6).replace(/\.test\.ts$/, ''),
          name: fullName,
          status,
          messages: failureMessages,
        })),
    );
  }
}

interface JestReport {
  testResults: {
    name: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** Whether an expectation was not met; an error of the code or of the test's set-up shows nothing. */
export const isAssertion = (message: string): boolean =>
  /\bexpect\(|JestAssertionError|Property failed after/.test(message);
