import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { csvRows } from './csv-rows.js';
import { jsonLines } from './json-lines.js';
import { jsonLists } from './json-lists.js';
import type { Piece } from './pieces.js';
import { sqlRows } from './sql-rows.js';

/** An entry of a file, or what is wrong with it. */
export type FileRecord =
  | { at: string; section: string; value: unknown; problem?: undefined }
  | { at: string; section: string; problem: 'too_long' | 'broken' };

/** How a file is written. */
export type FileShape = 'json' | 'json list' | 'csv' | 'sql';

/** What a system says of its files. */
export interface FileRules {
  isDocument: boolean;
  columnsOf: (table: string) => readonly string[] | undefined;
  /** Whether the entries of a list are read at all. */
  isWanted: (section: string) => boolean;
}

/** A file that is not what it is said to be; the message is for the operator. */
export class FileProblem extends Error {}

/** By its first character that is no blank. **Errors** {@link FileProblem}. */
export async function shapeOf(path: string): Promise<FileShape> {
  const file = await open(path);
  try {
    if (!(await file.stat()).isFile()) throw new FileProblem('is no file: it is read more than once');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
    const start = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\ufeff/, '')
      .trimStart();
    if (start === '') throw new FileProblem('is empty');
    if (/^[[{]/.test(start)) return start.startsWith('[') ? 'json list' : 'json';
    return /(^|\n)\s*(insert\s+(ignore\s+)?into|create\s+table|--|\/\*)/i.test(start) ? 'sql' : 'csv';
  } finally {
    await file.close();
  }
}

/**
 * Reads a file entry by entry.
 *
 * @param advance is told how many bytes have been read. @param isDocument whether JSON that begins with an object is one
 * with lists, and not lines. @param columnsOf of tables in SQL.
 */
export async function* fileRecords(
  path: string,
  shape: FileShape,
  advance: (bytes: number) => void,
  { isDocument, columnsOf, isWanted }: FileRules,
): AsyncGenerator<FileRecord> {
  const chunks = bytesOf(path, advance);
  if (shape === 'csv' || shape === 'sql') {
    const rows = shape === 'csv' ? csvRows(texts(chunks)) : sqlRows(texts(chunks), columnsOf);
    for await (const { value, ...where } of rows)
      yield value && !Object.values(value).some((text) => text.includes('\ufffd'))
        ? { ...where, value }
        : { ...where, problem: 'broken' };
    return;
  }
  const pieces = shape === 'json' && !isDocument ? jsonLines(chunks) : jsonLists(chunks);
  for await (const piece of pieces) if (isWanted(piece.section)) yield recordOf(piece);
}

async function* bytesOf(path: string, advance: (bytes: number) => void): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>) {
    yield done === 0 && chunk.subarray(0, 3).equals(MARK) ? chunk.subarray(3) : chunk;
    advance((done += chunk.length));
  }
}

/** The byte order mark of UTF-8. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bytes that are no UTF-8 become U+FFFD, by which their row is refused. */
async function* texts(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

const STRICT = new TextDecoder('utf-8', { fatal: true });

function recordOf({ bytes, ...where }: Piece): FileRecord {
  if (!bytes) return { ...where, problem: 'too_long' };
  try {
    const value: unknown = JSON.parse(STRICT.decode(bytes));
    return isDeeper(value, DEEPEST) ? { ...where, problem: 'broken' } : { ...where, value };
  } catch {
    // Neither says more than that it is no JSON.
    return { ...where, problem: 'broken' };
  }
}

/** How deep an entry may be: what walks over one must not run out of stack. */
const DEEPEST = 64;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));
