import { type Remark, type RemarkKind, REMARKS } from '../transfer/remarks.js';
import { terminalText } from './terminal-text.js';

/** How many users the report names for each kind of remark. */
const NAMED = 10;

/** Counts remarks, and keeps a few of each kind; as JSON, one line each. */
export class RemarkReport {
  private readonly byKind = new Map<RemarkKind, { count: number; named: string[] }>();

  constructor(
    protected readonly isJson: boolean,
    protected readonly print: (line: string) => void,
  ) {}

  remark({ kind, key, name, more }: Remark): void {
    const known = this.byKind.get(kind) ?? { count: 0, named: [] };
    known.count++;
    if (known.named.length < NAMED) {
      const texts = [name || '?', key, more ?? ''].map(terminalText);
      known.named.push(`${texts[0]} (${texts[1]}${texts[2] === '' ? '' : `: ${texts[2]}`})`);
    }
    this.byKind.set(kind, known);
    if (this.isJson)
      this.print(JSON.stringify({ remark: kind, key, name, ...(more !== undefined && { detail: more }) }));
  }

  /** How many of each kind. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.byKind].map(([kind, { count }]) => [kind, count]));
  }

  protected printRemarks(): void {
    for (const [kind, { count, named }] of this.byKind) {
      const more = count > named.length ? `, and ${count - named.length} more` : '';
      this.print(`${count} × ${REMARKS[kind]}:\n    ${named.join(', ')}${more}`);
    }
  }
}
