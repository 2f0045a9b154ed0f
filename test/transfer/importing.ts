import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileImportIn } from '../../src/commands/import-file.js';
import { fileMarks, receiverIn } from '../../src/commands/receiver.js';
import { Database } from '../../src/database/database.js';
import { checkExport } from '../../src/transfer/export-check.js';
import { fingerprintOf } from '../../src/transfer/export-lines.js';
import { restOf } from '../../src/transfer/export-rest.js';
import type { BREAKS, FileSummary } from '../../src/transfer/file-import.js';
import { shapeOf } from '../../src/transfer/files/file-records.js';
import type { RemarkKind } from '../../src/transfer/remarks.js';
import type { FileFlags, System } from '../../src/transfer/systems/system.js';
import { SYSTEMS, type SystemName } from '../../src/transfer/systems/systems.js';
import { SECRET_KEY, type TestApp } from '../support/app.js';

interface Vector {
  format: string;
  password: string;
  hash: unknown;
  source: string;
  origin?: { firebase?: FileFlags['firebase'] };
}

const VECTORS = JSON.parse(
  await readFile(new URL('../vectors/passwords.json', import.meta.url), 'utf8'),
) as Vector[];

/** A published hash of a format, and its password. */
export function vector(format: string, source: string, beginsWith = ''): Vector {
  const found = VECTORS.find(
    (each) =>
      each.format === format &&
      each.source.startsWith(source) &&
      (typeof each.hash !== 'string' || each.hash.startsWith(beginsWith)),
  );
  if (!found) throw new Error(`no vector of ${format} by ${source}`);
  return found;
}

export type Run = Omit<FileSummary, 'broken'> & {
  remarks: Record<string, string[]>;
  broken: Record<string, keyof typeof BREAKS>;
};

interface Choices {
  isDry?: boolean;
  isTrusted?: boolean;
  firebase?: FileFlags['firebase'];
  rolesFrom?: string;
  takesAdmins?: boolean;
}

/** Runs the import of a file with the server's own parts. */
export async function importText(
  app: TestApp,
  from: SystemName,
  content: string | Buffer,
  { isDry = false, isTrusted = false, firebase, rolesFrom, takesAdmins = false }: Choices = {},
): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'tokenjar-import-'));
  const path = join(directory, 'users');
  await writeFile(path, content);
  const remarks: Partial<Record<RemarkKind, string[]>> = {};
  const broken: Run['broken'] = {};
  try {
    const hashes = from === 'tokenjar' ? ({ system: 'tokenjar' } as const) : { firebase };
    const receiver = receiverIn(app.app, [SECRET_KEY], fileMarks([SECRET_KEY]), 'test');
    const run = fileImportIn(app.app, from, hashes, receiver, isDry);
    const whole = from === 'tokenjar' ? await checkExport(path, [fingerprintOf(SECRET_KEY)]) : undefined;
    const system: System = SYSTEMS[from];
    const file = {
      ...{ path, system, hashes, isTrusted, takesAdmins, shape: await shapeOf(path) },
      around: whole && restOf(app.app.get(Database), path, whole, receiver),
      flags: { firebase, rolesFrom, now: app.clock.now() },
    };
    const summary = await run.run(file, {
      remark: ({ kind, key }) => void (remarks[kind] ??= []).push(key),
      broken: (at, why) => void (broken[at] = why),
      progress: () => undefined,
    });
    return { ...summary, remarks: remarks, broken };
  } finally {
    await rm(directory, { recursive: true });
  }
}

export const lines = (...entries: unknown[]): string =>
  entries.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');
