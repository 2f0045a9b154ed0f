/** More than this is not waited for. **Unit** milliseconds. */
const LONGEST_MS = 4000;
/** Of the time that was measured: verifications vary. */
const MARGIN = 1.25;

/**
 * How long it takes to refuse a password for a hash of another system, by the kinds that are in use.
 *
 * Such a hash takes its own time, up to a hundred times that of ours. So that nobody learns from it who has an imported
 * account, a refused login takes as long as the slowest of them, whatever the account: it waits for the rest of the time,
 * which is no work.
 */
export class ForeignTimes {
  private readonly byKind = new Map<string, number>();

  knows(kind: string): boolean {
    return this.byKind.has(kind);
  }

  /** The least counts: what else a machine does only adds. **Unit** milliseconds, of one candidate. */
  note(kind: string, took: number): void {
    this.byKind.set(kind, Math.min(took, this.byKind.get(kind) ?? LONGEST_MS));
  }

  /** Once no account has such a hash. */
  clear(): void {
    this.byKind.clear();
  }

  /** **Unit** milliseconds; 0 without hashes of other systems. */
  timeOf(candidates: number): number {
    return Math.min(LONGEST_MS, MARGIN * candidates * Math.max(0, ...this.byKind.values()));
  }
}
