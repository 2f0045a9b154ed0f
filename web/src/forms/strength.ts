/** Estimates how hard a password is to guess. The server decides. */
export type Strength = 'short' | 'repetitive' | 'weak' | 'fair' | 'good';

/** @param least **Unit** characters. */
export function strengthOf(password: string, least: number): Strength {
  const characters = [...password.normalize('NFKC')];
  if (characters.length < least) return 'short';
  const distinct = new Set(characters).size;
  // A run such as abc or 111 counts as one character.
  const steps = characters.filter((each, i) => {
    const step = (each.codePointAt(0) ?? 0) - (characters[i - 1]?.codePointAt(0) ?? 0);
    return Math.abs(step) > 1;
  }).length;
  const worth = Math.min(steps, distinct * 3);
  if (distinct < 6 || steps * 2 < characters.length) return 'repetitive';
  if (worth < 8) return 'weak';
  return worth < 16 ? 'fair' : 'good';
}
