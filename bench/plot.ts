/** One line of a chart. */
export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 90;
const BOTTOM = 40;
const TOP = 36;
const RIGHT = 20;
const COLOURS = ['#0b6bcb', '#c2410c', '#15803d', '#7c3aed'];

/** Draws lines on a scale from zero, as SVG that is readable on light and dark pages. */
export function lineChart(title: string, xName: string, yName: string, lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points);
  const mostX = Math.max(...all.map(([x]) => x), 1);
  const mostY = Math.max(...all.map(([, y]) => y), 1) * 1.15;
  const toX = (x: number) => LEFT + (x / mostX) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number) => HEIGHT - BOTTOM - (y / mostY) * (HEIGHT - BOTTOM - TOP);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = toY(mostY * part);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#ddd"/>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${short(mostY * part)}</text>`;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<text x="${toX(mostX * part)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short(mostX * part)}</text>`,
  );
  const drawn = lines.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ');
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>
<text x="${LEFT + 12 + i * 190}" y="${TOP - 4}" fill="${colour}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="16" font-size="14" font-weight="bold">${title}</text>
${[...grid, ...marks, ...drawn].join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${xName}</text>
<text x="14" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})">${yName}</text>
</svg>
`;
}

const short = (value: number): string =>
  value >= 1e6
    ? `${(value / 1e6).toFixed(1)} M`
    : value >= 1e4
      ? `${(value / 1e3).toFixed(0)} k`
      : value.toFixed(value < 10 && value !== 0 ? 1 : 0);

/** One bar of a chart. */
export interface Bar {
  name: string;
  value: number;
  least: number;
  most: number;
}

/** Draws horizontal bars, each with the spread of its rounds, as SVG that is readable on light and dark pages. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const height = TOP + 20 + bars.length * 34;
  const left = 250;
  const most = Math.max(...bars.map((bar) => bar.most), 1) * 1.2;
  const toX = (value: number) => left + (value / most) * (WIDTH - left - RIGHT);
  const drawn = bars.map(({ name, value, least, most: top }, i) => {
    const y = TOP + i * 34;
    const colour = COLOURS[name.startsWith('Tokenjar') ? 0 : 1] ?? '';
    return `<text x="${left - 8}" y="${y + 16}" text-anchor="end">${name}</text>
<rect x="${left}" y="${y}" width="${(toX(value) - left).toFixed(1)}" height="22" fill="${colour}"/>
<line x1="${toX(least).toFixed(1)}" x2="${toX(top).toFixed(1)}" y1="${y + 11}" y2="${y + 11}" stroke="#111" stroke-width="1.5"/>
<text x="${(toX(top) + 6).toFixed(1)}" y="${y + 16}">${short(value)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${left}" y="18" font-size="14" font-weight="bold">${title}, ${unit}</text>
${drawn.join('\n')}
</svg>
`;
}
