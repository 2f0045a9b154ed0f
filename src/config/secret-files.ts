import { closeSync, openSync, readSync } from 'node:fs';

/** Far more than any key has. **Unit** bytes. */
const MOST_BYTES = 64 * 1024;

/** An environment in which the contents of files stand for the names of these files. */
export interface WithFiles {
  environment: NodeJS.ProcessEnv;
  /** The variables that were read from files. */
  fromFiles: ReadonlySet<string>;
  /** One line each. None quotes a path: it may be a secret that was set under the wrong name. */
  problems: string[];
  /** The variables that have no value because of a problem. */
  unread: ReadonlySet<string>;
}

/**
 * Reads secrets from files: `SECRET_KEY_FILE=/run/secrets/key` is `SECRET_KEY` with the content of that file, without
 * the line break that ends it. An empty `SECRET_KEY_FILE` counts as unset.
 *
 * @param secrets the variables for which this is possible.
 */
export function withSecretFiles(given: NodeJS.ProcessEnv, secrets: readonly string[]): WithFiles {
  const environment = { ...given };
  const fromFiles = new Set<string>();
  const unread = new Set<string>();
  const problems: string[] = [];
  for (const name of secrets) {
    const path = environment[fileVariable(name)]?.trim();
    delete environment[fileVariable(name)];
    if (!path) continue;
    if (environment[name]?.trim()) {
      problems.push(`${fileVariable(name)}: conflicts with ${name}, set only one of them`);
      continue;
    }
    const { content, problem } = read(path);
    if (problem !== undefined) problems.push(`${fileVariable(name)}: ${problem}`);
    if (content === undefined) unread.add(name);
    else {
      environment[name] = content;
      fromFiles.add(name);
    }
  }
  return { environment, fromFiles, problems, unread };
}

/** `SECRET_KEY` → `SECRET_KEY_FILE`. */
export const fileVariable = (name: string): string => `${name}_FILE`;

/** No more: a device such as /dev/zero has no end. **Unit** bytes. */
function readAtMost(path: string, most: number): Buffer {
  const bytes = Buffer.alloc(most);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < most; length += read)
      read = readSync(file, bytes, length, most - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function read(path: string): { content?: string; problem?: string } {
  try {
    const bytes = readAtMost(path, MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) return { problem: 'is larger than 64 KiB, so it cannot be a secret' };
    const content = bytes
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '');
    return content.trim() === '' ? { problem: 'the file is empty' } : { content };
  } catch (error) {
    return { problem: `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` };
  }
}
