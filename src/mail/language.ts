/**
 * Picks the language of an email.
 *
 * @param wanted a language tag, or an unparsed Accept-Language header.
 * @param available language tags, in lower case.
 * @returns the best match in the reader's order of preference, otherwise English.
 * **Source** RFC 9110 §12.5.4; RFC 4647 §3.4 (lookup: `ko-KR` is served by `ko`).
 */
export function chooseLanguage(wanted: string | null, available: readonly string[]): string {
  const ranges = (wanted ?? '')
    .slice(0, 200)
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((each) => each.trim());
      const quality = parameters.find((each) => each.startsWith('q='))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ tag, quality }) => tag && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of ranges)
    for (let range = tag; range; range = range.slice(0, Math.max(0, range.lastIndexOf('-'))))
      if (available.includes(range)) return range;
  return 'en';
}
