import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Notes the texts of all statements that this process sends from now on, one JSON string a line, below `directory`. */
export function noteStatements(directory: string): void {
  const file = join(directory, `statements-${process.pid}`);
  const noted = new Set<string>();
  hearStatements((text) => {
    if (noted.has(text)) return;
    noted.add(text);
    appendFileSync(file, `${JSON.stringify(text)}\n`);
  });
}

/** Tells of the text of each statement that this process sends from now on. */
export function hearStatements(told: (text: string) => void): void {
  const proto = pg.Client.prototype as unknown as { query: (this: unknown, ...args: unknown[]) => unknown };
  const { query } = proto;
  proto.query = function (...args) {
    const [first] = args;
    const text = typeof first === 'string' ? first : (first as { text?: unknown } | null)?.text;
    if (typeof text === 'string') told(text);
    return query.apply(this, args);
  };
}
