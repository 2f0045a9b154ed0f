import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { link, lstat, open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Readable, type Transform } from 'node:stream';
import { CommandError } from './command-error.js';

/**
 * Writes a file that only its owner can read. It has its name once it is whole and on the disk, and never replaces
 * another one.
 *
 * @param write takes the rest of the way to the file: what is written waits for the disk.
 * @throws {CommandError} if there is one already, or it cannot be written.
 */
export async function writeNewFile(
  path: string,
  write: (into: (chunks: AsyncIterable<string>, ...through: Transform[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  if (await isThere(path)) throw existsAlready(path);
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.part`;
  const forget = () => rmSync(unfinished, { force: true });
  // An interrupted command ends without another turn of the event loop.
  process.once('exit', forget);
  try {
    await write(async (chunks, ...through) => {
      const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
      await pipeline([Readable.from(chunks), ...through, file]);
      if (!file.closed) await once(file, 'close');
    });
    await flush(unfinished);
    // A link never replaces a file.
    await link(unfinished, path);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'path' in error)) throw error;
    if ('code' in error && error.code === 'EEXIST') throw existsAlready(path);
    throw new CommandError(`${path} cannot be written (${error.message})`);
  } finally {
    process.off('exit', forget);
    await rm(unfinished, { force: true });
  }
}

const existsAlready = (path: string) => new CommandError(`${path} exists already; nothing was written`);

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** A power failure must not leave a file that looks complete. */
async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
}
