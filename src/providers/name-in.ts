/** **Unit** characters. */
const LONGEST = 200;

/** The name that a provider gives somebody, as one line of text; undefined if there is none. It proves nothing. */
export function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line === '' ? undefined : [...line].slice(0, LONGEST).join('').trim();
}
