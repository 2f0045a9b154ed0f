import type { Row } from './csv-rows.js';
import { LONGEST_PIECE } from './pieces.js';

/** What a backslash stands for. **Source** MySQL manual, "String Literals". */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', 0: '\0', Z: '\x1a' };
const INSERT =
  /^\s*insert\s+(?:ignore\s+)?into\s+[`"]?(\w{1,64})[`"]?\s*(?:\(([^()]{1,4000})\))?\s*values\s*$/i;

/**
 * Reads the rows of `INSERT` statements, as MySQL's and MariaDB's dumps have them.
 *
 * @param columnsOf of a table whose statement names none; undefined for tables that are passed over.
 */
export async function* sqlRows(
  chunks: AsyncIterable<string>,
  columnsOf: (table: string) => readonly string[] | undefined,
): AsyncGenerator<Row> {
  let [statement, value, line] = ['', '', 1];
  let table: { name: string; columns: readonly string[] } | undefined;
  let values: string[] | undefined;
  let quote: string | undefined;
  let [isEscaped, isTooLong, wasQuoted] = [false, false, false];
  for await (const chunk of chunks)
    for (const character of chunk) {
      if (character === '\n') line++;
      if (value.length > LONGEST_PIECE) [value, isTooLong] = ['', true];
      if (quote !== undefined) {
        if (isEscaped) {
          value += ESCAPES[character] ?? character;
          isEscaped = false;
        } else if (character === '\\') isEscaped = true;
        else if (character === quote) quote = undefined;
        else value += character;
      } else if (table === undefined) {
        // Comments and statements of other kinds are passed over, whatever they quote.
        if (character === ';' || (character === '\n' && /^\s*(--|$)/.test(statement))) statement = '';
        else if (character === '(' && INSERT.test(statement)) {
          const [, name = '', named] = INSERT.exec(statement) ?? [];
          const columns =
            columnsOf(name) &&
            (named?.split(',').map((each) => each.replace(/[`"\s]/g, '')) ?? columnsOf(name));
          if (columns) [table, values] = [{ name, columns }, []];
          statement = '';
        } else if (statement.length < 8000) statement += character;
      } else if (values === undefined) {
        if (character === '(') values = [];
        else if (character === ';') table = undefined;
      } else if (character === "'") {
        // Two in a row are one in it.
        if (wasQuoted) value += "'";
        [quote, wasQuoted] = ["'", true];
      } else if (character === ',' || character === ')') {
        values.push(wasQuoted ? value : value.trim().replace(/^null$/i, ''));
        [value, wasQuoted] = ['', false];
        if (character === ')') {
          const isRow: boolean = !isTooLong && values.length === table.columns.length;
          const found: string[] = values;
          yield {
            at: `line ${line}`,
            section: table.name,
            value: isRow
              ? Object.fromEntries(table.columns.map((name, i) => [name.toLowerCase(), found[i] ?? '']))
              : undefined,
          };
          [values, isTooLong] = [undefined, false];
        }
      } else value += character;
    }
}
