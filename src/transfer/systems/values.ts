import { epochDate } from '../said.js';
import type { Entry } from './system.js';

/** A member as text; numbers are written out. Undefined for others, and for an empty one. */
export function text(entry: Entry, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = entry[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** Whether a member is true, as JSON, SQL and CSV say so. */
export function isTrue(entry: Entry, ...names: readonly string[]): boolean {
  return names.some((name) => {
    const value = entry[name];
    return value === true || value === 1 || (typeof value === 'string' && /^(true|t|1|yes)$/i.test(value));
  });
}

/** The same for one that is true where it is not said. */
export const isNotFalse = (entry: Entry, name: string): boolean =>
  text(entry, name) === undefined && entry[name] !== false ? true : isTrue(entry, name);

/** Members that are objects, of a list; also where it is JSON in a text, as in CSV. */
export function entries(entry: Entry, ...names: readonly string[]): Entry[] {
  const value = names.map((name) => parsed(entry[name])).find((each) => each !== undefined && each !== null);
  return Array.isArray(value) ? value.filter(isEntry) : [];
}

export function object(entry: Entry, name: string): Entry {
  const value = parsed(entry[name]);
  return isEntry(value) ? value : {};
}

export function texts(value: unknown): string[] {
  const list: unknown = typeof value === 'string' ? value.split(',').map((each) => each.trim()) : value;
  return Array.isArray(list)
    ? list.filter((each): each is string => typeof each === 'string' && each !== '')
    : [];
}

/** A member of members: `app_metadata.roles`. */
export const at = (entry: Entry, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) => (isEntry(parsed(value)) ? (parsed(value) as Entry)[name] : undefined),
      entry,
    );

/** A moment in milliseconds, as a number or a text. */
export function milliseconds(entry: Entry, name: string): string | undefined {
  const value = Number(text(entry, name));
  return Number.isFinite(value) ? epochDate(value) : undefined;
}

export const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    // It was no JSON after all.
    return value;
  }
}
