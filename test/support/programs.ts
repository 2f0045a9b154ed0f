import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from '@jest/globals';
import { longTest } from './long.js';

/** The path of an installed program, also of one that only root has in its path; undefined if there is none. */
export function programOf(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** A test of the long form that needs a program, and is skipped where it is not installed. */
export const longTestWith = (program: string | undefined) => (program === undefined ? test.skip : longTest);
