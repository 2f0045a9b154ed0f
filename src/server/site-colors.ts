/** **Shape** red, green, blue, each 0 to 255. */
type Color = readonly [number, number, number];

/** **Source** WCAG 2.2 1.4.3: for text of any size. */
const LEAST_CONTRAST = 4.5;
/** What they stand on, as in `web/src/style.css`. */
const LIGHT = { surface: '#ffffff', ground: '#f5f7f7', away: '#000000', soft: 0.1, strong: 0.18 };
const DARK = { surface: '#172120', ground: '#0e1514', away: '#ffffff', soft: 0.2, strong: 0.35 };
const ON_DARK = '#06120f';

/**
 * The colours of a site for the account page, as a stylesheet. A colour that would not be readable is made darker on
 * light pages, and lighter on dark ones, as far as needed.
 *
 * @param colors one for light and dark pages, or one for each. **Shape** `#rgb` or `#rrggbb`.
 */
export function siteStyle([light = '', dark = light]: readonly string[]): string {
  return `:root{${rulesOf(light, LIGHT)}}@media (prefers-color-scheme:dark){:root{${rulesOf(dark, DARK)}}}`;
}

function rulesOf(color: string, theme: typeof LIGHT): string {
  const surface = parsed(theme.surface);
  const away = parsed(theme.away);
  for (let step = 0; step <= 100; step++) {
    const accent = mixed(parsed(color), away, step / 100);
    const soft = mixed(surface, accent, theme.soft);
    const backgrounds = [surface, parsed(theme.ground), soft];
    if (step < 100 && backgrounds.some((each) => contrast(accent, each) < LEAST_CONTRAST)) continue;
    const onAccent = theme === LIGHT ? '#fff' : ON_DARK;
    const strong = mixed(accent, away, theme.strong);
    return `--accent:${written(accent)};--accent-strong:${written(strong)};--on-accent:${onAccent};--soft:${written(soft)}`;
  }
  throw new TypeError('black on white is readable');
}

function parsed(text: string): Color {
  const digits = text.length === 4 ? text.replace(/[^#]/g, '$&$&') : text;
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

const written = (color: Color): string =>
  `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** @param share of the second one. */
function mixed([r1, g1, b1]: Color, [r2, g2, b2]: Color, share: number): Color {
  const part = (one: number, other: number) => Math.round(one + (other - one) * share);
  return [part(r1, r2), part(g1, g2), part(b1, b2)];
}

/** **Source** WCAG 2.2, contrast ratio and relative luminance. */
function contrast(one: Color, other: Color): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance([red, green, blue]: Color): number {
  const linear = (part: number) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
