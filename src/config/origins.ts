/**
 * The normal form of an origin: lower case, without the default port of its scheme; undefined if the text is not an
 * origin.
 *
 * **Shape** `https://app.example.com`, `capacitor://localhost`, `file://`, or `null`, the opaque origin. **Source** RFC 6454 §4 and §6; the URL standard for http and https.
 */
export function originOf(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  if (text === 'null') return text;
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\\\s]*)$/i.exec(text) ?? [];
  if (/^https?$/i.test(scheme)) return URL.canParse(text) ? new URL(text).origin : undefined;
  const isNamed = scheme !== '' && (authority !== '' || scheme.toLowerCase() === 'file');
  return isNamed ? text.toLowerCase() : undefined;
}

/** A host name has at most 253 characters. */
const LONGEST = 300;

/** What `*` matches in a pattern: exactly one label of a host name. */
const LABEL = /^[a-z0-9_-]+$/;

/**
 * The normal form of an entry of `TRUSTED_ORIGINS`; undefined if it could never match, or would match too much.
 *
 * **Shape** an origin, with or without the slash that address bars put behind it, or `https://*.preview.example.com`: `*`
 * for the first label, above a name of two or more.
 */
export function originPatternOf(written: string): string | undefined {
  const text = written.replace(/(?<=[^/])\/$/, '');
  const isPattern = /^https?:\/\/\*\./i.test(text);
  const origin = originOf(isPattern ? text.replace('*', STAND_IN) : text);
  if (origin === undefined || origin.includes('*')) return undefined;
  const [scheme = ''] = origin.split(':');
  if (isMisspelt(scheme) || HAS_NO_PAGES.has(scheme)) return undefined;
  if (!isPattern) return origin;
  const labels = new URL(origin).hostname.split('.');
  return labels.length >= 3 && labels.every(Boolean) ? origin.replace(STAND_IN, '*') : undefined;
}

const STAND_IN = 'a-label-that-is-none';
const HAS_NO_PAGES: ReadonlySet<string> = new Set([
  'ws',
  'wss',
  'ftp',
  'blob',
  'data',
  'javascript',
  'about',
]);
/** Misspellings such as `htps` are not schemes of apps. */
const isMisspelt = (scheme: string): boolean => !/^https?$/.test(scheme) && /^[htps]+$/.test(scheme);

/** The hosts of the web pages among the entries of `TRUSTED_ORIGINS`. **Shape** `app.example.com`, `*.preview.example.com`. */
export const hostsAmong = (patterns: readonly string[]): string[] => [
  ...new Set(patterns.flatMap((pattern) => /^https?:\/\/(\[[^\]]+\]|[^:]+)/.exec(pattern)?.[1] ?? [])),
];

/** Whether an origin, in the normal form of {@link originOf}, matches an entry of `TRUSTED_ORIGINS`. */
export function isAmong(patterns: readonly string[], origin: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === origin) return !pattern.includes('*');
    const [before, after] = pattern.split('*');
    if (before === undefined || after === undefined) return false;
    return (
      origin.startsWith(before) &&
      origin.endsWith(after) &&
      LABEL.test(origin.slice(before.length, origin.length - after.length))
    );
  });
}
