import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Notes the texts of all statements that this process sends from now on, one JSON string a line, below `directory`. */
export function noteStatements(directory: string): void {
  const file = join(directory, `statements-${process.pid}`);
  const noted = new Set<string>();
  const proto = pg.Client.prototype as unknown as { query: (this: unknown, ...args: unknown[]) => unknown };
  const { query } = proto;
  proto.query = function (...args) {
    const [first] = args;
    const text = typeof first === 'string' ? first : (first as { text?: unknown } | null)?.text;
    if (typeof text === 'string' && !noted.has(text)) {
      noted.add(text);
      appendFileSync(file, `${JSON.stringify(text)}\n`);
    }
    return query.apply(this, args);
  };
}
