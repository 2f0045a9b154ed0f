import { counted } from '../counted.js';
import type { z } from 'zod';
import {
  END,
  EXPORT_VERSION,
  type ExportedRefusal,
  type ExportedRole,
  HEADER,
  REFUSAL,
  ROLE,
} from './exported.js';
import { FileProblem, type FileRecord, fileRecords } from './files/file-records.js';
import type { Entry } from './systems/system.js';
import { isEntry } from './systems/values.js';

/** What a whole file has beside its users. */
export interface WholeExport {
  roles: ExportedRole[];
  lastId: number;
}

/**
 * Reads an export to its end, before anything of it is written: it has to be whole, and of this version.
 *
 * @param fingerprints of the keys of this server, by which its sessions would go on. **Errors** {@link FileProblem}.
 */
export async function checkExport(path: string, fingerprints: readonly string[]): Promise<WholeExport> {
  let header: ReturnType<typeof headerIn> | undefined;
  let end: number | undefined;
  let users = 0;
  const roles: ExportedRole[] = [];
  for await (const record of linesIn(path)) {
    const entry = entryIn(record);
    if (!header) {
      header = headerIn(entry, fingerprints);
      continue;
    }
    if (end !== undefined) throw new FileProblem(`goes on after its end, at ${record.at}`);
    if ('user' in entry) users++;
    else if ('role' in entry) roles.push(partOf(ROLE, entry.role, record));
    else if ('refusal' in entry) partOf(REFUSAL, entry.refusal, record);
    else end = partOf(END, entry, record).users;
  }
  if (!header) throw new FileProblem('is no export of Tokenjar');
  if (end === undefined) throw new FileProblem('has no end: it was cut off. Nothing was imported');
  if (end !== users)
    throw new FileProblem(
      `has ${counted(users, 'user')}, and should have ${end}: it is damaged. Nothing was imported`,
    );
  return { roles, lastId: header.last_id };
}

/** What is refused of sessions, and of users who are gone, in pages. */
export async function* refusalPages(path: string): AsyncGenerator<ExportedRefusal[]> {
  let page: ExportedRefusal[] = [];
  for await (const record of linesIn(path)) {
    const { data } = REFUSAL.safeParse(entryIn(record).refusal);
    if (data) page.push(data);
    if (page.length === 500) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

const linesIn = (path: string): AsyncGenerator<FileRecord> =>
  fileRecords(path, 'json', () => undefined, {
    isDocument: false,
    columnsOf: () => undefined,
    isWanted: () => true,
  });

function entryIn(record: FileRecord): Entry {
  if (record.problem === undefined && isEntry(record.value)) return record.value;
  throw damagedAt(record);
}

const damagedAt = ({ at }: FileRecord): FileProblem =>
  new FileProblem(`is damaged at ${at}. Nothing was imported`);

function headerIn(entry: Entry, fingerprints: readonly string[]) {
  const { data: header } = HEADER.safeParse(entry);
  if (!header) throw new FileProblem('is no export of Tokenjar');
  if (header.version !== EXPORT_VERSION)
    throw new FileProblem(
      `is of version ${header.version} of the format, and this Tokenjar reads version ${EXPORT_VERSION}`,
    );
  if (header.with_sessions && !fingerprints.includes(header.key))
    throw new FileProblem(
      'has sessions of another SECRET_KEY, which would not go on here. Use that key, also as one of SECRET_KEY_FALLBACKS, or export without --with-sessions',
    );
  return header;
}

function partOf<Part>(schema: z.ZodType<Part>, value: unknown, record: FileRecord): Part {
  const { data } = schema.safeParse(value);
  if (data === undefined) throw damagedAt(record);
  return data;
}
