/**
 * Draws a flame graph from a CPU profile of Node.
 *
 *     node --cpu-prof --cpu-prof-dir=profile dist/main.js     (load it, then SIGTERM)
 *     npx tsx bench/flame.ts profile/….cpuprofile docs/images/refresh-flame.svg
 *
 * The first half of the profile is skipped, because the code was still being compiled.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

interface Frame {
  name: string;
  /** **Unit** microseconds, including all descendants. */
  time: number;
  below: Map<string, Frame>;
}

const WIDTH = 1200;
const ROW = 17;
const COLOURS: [RegExp, string][] = [
  [/^src\//, '#0b6bcb'],
  [/^node:|^\(/, '#8a8f98'],
  [/pg|typeorm/, '#15803d'],
  [/nestjs|rxjs|fastify|find-my-way|passport/, '#c2410c'],
  [/jsonwebtoken|jws|jwa/, '#7c3aed'],
];

const [profilePath = '', picture = ''] = process.argv.slice(2);
const profile = JSON.parse(readFileSync(profilePath, 'utf8')) as Profile;
const root = stacksOf(profile);
writeFileSync(picture, draw(root));

function stacksOf({ nodes, samples, timeDeltas }: Profile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const top: Frame = { name: 'all', time: 0, below: new Map() };
  for (let i = Math.floor(samples.length / 2); i < samples.length; i++) {
    const path: string[] = [];
    for (let id = samples[i]; id !== undefined; id = parents.get(id)) path.unshift(nameOf(byId.get(id)));
    if (path.at(-1)?.startsWith('(idle)')) continue;
    const time = timeDeltas[i] ?? 0;
    let frame = top;
    frame.time += time;
    for (const name of path.slice(1)) {
      const next = frame.below.get(name) ?? { name, time: 0, below: new Map() };
      frame.below.set(name, next);
      next.time += time;
      frame = next;
    }
  }
  return top;
}

function nameOf(node: Profile['nodes'][number] | undefined): string {
  const { functionName = '', url = '' } = node?.callFrame ?? {};
  const file = url
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/dist\//, 'src/')
    .replace(/^file:\/\//, '');
  return `${functionName || '(anonymous)'} ${file}`.trim();
}

function draw(top: Frame): string {
  const parts: string[] = [];
  let deepest = 0;
  const place = (frame: Frame, x: number, depth: number): void => {
    const width = (frame.time / top.time) * WIDTH;
    if (width < 1.5) return;
    deepest = Math.max(deepest, depth);
    const file = frame.name.split(' ')[1] ?? frame.name;
    const [, colour] = COLOURS.find(([pattern]) => pattern.test(file)) ?? [undefined, '#b45309'];
    const share = `${((frame.time / top.time) * 100).toFixed(1)} %`;
    const letters = Math.floor(width / 6.2);
    const text = letters > 3 ? escape(frame.name.slice(0, letters)) : '';
    parts.push(
      `<g><title>${escape(frame.name)}: ${share}</title><rect x="${x.toFixed(1)}" y="${depth * ROW}" width="${(width - 0.5).toFixed(1)}" height="${ROW - 1}" fill="${colour}"/><text x="${(x + 3).toFixed(1)}" y="${depth * ROW + 12}">${text}</text></g>`,
    );
    let at = x;
    for (const child of [...frame.below.values()].sort((a, b) => b.time - a.time)) {
      place(child, at, depth + 1);
      at += (child.time / top.time) * WIDTH;
    }
  };
  place(top, 0, 0);
  const height = (deepest + 1) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="10" fill="#fff">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
