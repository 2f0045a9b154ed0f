import { LONGEST_PIECE } from './pieces.js';

/** A row by the names of its columns, or undefined for one that is no row. */
export interface Row {
  at: string;
  section: string;
  value: Record<string, string> | undefined;
}

const MOST_COLUMNS = 200;

/**
 * Reads comma-separated values with a header. Also separated by semicolons or tabs: whatever the header has most of.
 *
 * **Source** RFC 4180.
 */
export async function* csvRows(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  const parser = new CsvParser();
  for await (const chunk of chunks) yield* parser.read(chunk);
  yield* parser.end();
}

class CsvParser {
  private header: string[] | undefined;
  private separator: string | undefined;
  private fields: string[] = [];
  private field = '';
  private length = 0;
  private line = 1;
  private began = 1;
  private inQuotes = false;
  /** Whether the last character was a quote that may end the field, or be half of one in it. */
  private isAtQuote = false;

  *read(chunk: string): Generator<Row> {
    for (const character of chunk) {
      if (character === '\n') this.line++;
      if (++this.length > LONGEST_PIECE) this.field = '';
      if (this.inQuotes && !this.isAtQuote) {
        if (character === '"') this.isAtQuote = true;
        else this.field += character;
      } else if (this.isAtQuote && character === '"') {
        this.field += character;
        this.isAtQuote = false;
      } else {
        this.inQuotes = this.isAtQuote = false;
        yield* this.outside(character);
      }
    }
  }

  private *outside(character: string): Generator<Row> {
    if (character === '"' && this.field === '') this.inQuotes = true;
    else if (character === '\n') yield* this.row();
    else if (character !== '\r') {
      if (this.separator === undefined && /[,;\t]/.test(character)) this.field += character;
      else if (character === this.separator && this.fields.length < MOST_COLUMNS) this.next();
      else this.field += character;
    }
  }

  *end(): Generator<Row> {
    // A field whose quote never ends was cut off.
    if (this.inQuotes && !this.isAtQuote) yield { at: `line ${this.began}`, section: '', value: undefined };
    else if (this.field !== '' || this.fields.length > 0) yield* this.row();
  }

  private next(): void {
    this.fields.push(this.field);
    this.field = '';
  }

  private *row(): Generator<Row> {
    const isTooLong = this.length > LONGEST_PIECE;
    const at = `line ${this.began}`;
    if (this.header === undefined) this.readHeader();
    else {
      this.next();
      const { fields, header } = this;
      const isRow = !isTooLong && fields.length === header.length;
      const isEmpty = fields.length === 1 && fields[0] === '';
      if (!isEmpty)
        yield {
          at,
          section: '',
          value: isRow ? Object.fromEntries(header.map((name, i) => [name, fields[i] ?? ''])) : undefined,
        };
    }
    this.fields = [];
    this.field = '';
    this.length = 0;
    this.began = this.line;
  }

  /** Names of columns are few characters: none has a separator in it. */
  private readHeader(): void {
    const counts = [',', ';', '\t'].map((each) => [this.field.split(each).length, each] as const);
    this.separator = counts.sort(([a], [b]) => b - a)[0]?.[1] ?? ',';
    this.header = this.field
      .split(this.separator)
      .map((name) => name.trim().replace(/^"|"$/g, '').toLowerCase());
  }
}
