/** The keys of a layout, in the order of the keys at the same positions of the US layout. */
const layout = (keys: string, us: string): (readonly [string, string])[] =>
  [...keys].map((key, i) => [key, us[i] ?? ''] as const);

const KOREAN_INITIALS = 'r R s e E f a q Q t T d w W c z x v g'.split(' ');
const KOREAN_VOWELS = 'k o i O j p u P h hk ho hl y n nj np nl b m ml l'.split(' ');
const KOREAN_FINALS = 'r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g'.split(' ');
/** Conjoining letters, which NFKC makes of those that stand alone. */
const jamo = (first: number, keys: readonly string[]): (readonly [string, string])[] =>
  keys.map((key, i) => [String.fromCodePoint(first + i), key] as const);

const KEYS = new Map<string, string>([
  ...layout('!@#$%^&*()_+', '1234567890-='),
  ...layout('йцукенгшщзхъфывапролджэячсмитьбюё', "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"),
  ...layout('ςερτυθιοπασδφγηξκλζχψωβνμ', 'wertyuiopasdfghjklzxcvbnm'),
  ...layout('קראטוןםפשדגכעיחלךזסבהנמצ', 'ertyuiopasdfghjklzxcvbnm'),
  ...jamo(0x1100, KOREAN_INITIALS),
  ...jamo(0x1161, KOREAN_VOWELS),
  ...jamo(0x11a8, KOREAN_FINALS),
]);

/**
 * A text translated to the US keyboard, key by key and without shift: `!@#` and `123` are the same pattern, and so are
 * `ㅂㅈㄷ`, `йцу` and `qwe`. Letters of other layouts stay unchanged.
 *
 * **Shape** of the text: NFKC.
 */
export function keysOf(text: string): string {
  const letters = text.toLowerCase().replace(/[\uac00-\ud7a3]/gu, (syllable) => syllable.normalize('NFD'));
  return [...letters].map((letter) => KEYS.get(letter) ?? letter).join('');
}
