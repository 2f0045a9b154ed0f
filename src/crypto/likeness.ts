/** Shorter words occur in good passwords by chance. **Unit** characters. */
const LEAST_WORD = 4;
/** How much of a password has to remain without known words. **Unit** characters. */
const LEAST_REST = 8;
/** Django's `max_similarity`. */
const MOST_LIKENESS = 0.7;
/** Passwords are compared up to this length. **Unit** characters. */
const LONGEST = 256;

/**
 * Whether a password consists mostly of known words, such as the user's own address.
 *
 * **Source** NIST SP 800-63B-4 §3.1.1.2, context-specific words and derivatives thereof; ASVS 5.0 6.2.11.
 */
export function isMadeOf(password: string, words: readonly string[]): boolean {
  const all = words
    .flatMap((word) => [word, word.replace(/\s+/gu, '')])
    .map((word) => word.normalize('NFKC').toLowerCase())
    .filter((word) => word.length >= LEAST_WORD)
    .sort((a, b) => b.length - a.length);
  const whole = password.toLowerCase().slice(0, LONGEST);
  let rest = whole;
  for (const word of all) rest = rest.replaceAll(word, ' ');
  return rest !== whole && [...rest.replace(/[^\p{L}\p{N}]/gu, '')].length < LEAST_REST;
}

/**
 * Whether a password resembles an address or a part of it, letter by letter in any order.
 *
 * **Source** Django's UserAttributeSimilarityValidator: `SequenceMatcher.quick_ratio() >= 0.7`.
 */
export function resembles(password: string, address: string): boolean {
  const lower = password.toLowerCase().slice(0, LONGEST);
  const parts = [...address.toLowerCase().split(/[^\p{L}\p{N}_]+/u), address.toLowerCase()];
  return parts.some((part) => {
    const isFarLonger = lower.length >= 10 * part.length && part.length < (MOST_LIKENESS / 2) * lower.length;
    return part !== '' && !isFarLonger && quickRatio(lower, part) >= MOST_LIKENESS;
  });
}

/** Twice the number of common letters, divided by the total. */
function quickRatio(one: string, other: string): number {
  const left = new Map<string, number>();
  for (const letter of other) left.set(letter, (left.get(letter) ?? 0) + 1);
  let shared = 0;
  for (const letter of one) {
    const count = left.get(letter) ?? 0;
    if (count > 0) shared++;
    left.set(letter, count - 1);
  }
  return (2 * shared) / ([...one].length + [...other].length);
}
