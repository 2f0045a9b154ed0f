import { type Kind, kindsOf } from './figures.js';
import type { Fault, SessionHistory } from './history.js';
import type { Run } from './run.js';
import { caughtAt } from './thefts.js';

/** Lanes drawn, as many robbed as honest. */
const LANES = 24;
/** The time span shown; of a longer run, its end. **Unit** milliseconds. */
const SHOWN = 60_000;
const LEFT = 90;
const WIDTH = 1400;
const LANE = 22;
const TOP = 96;

/** Distinguished by height as well, for readers who cannot distinguish the colours. */
const TICKS: Partial<Record<Kind, { colour: string; height: number; text: string }>> = {
  keep: { colour: '#b4b4b4', height: 5, text: 'keep' },
  rotate: { colour: '#1f6fb4', height: 15, text: 'rotate' },
  repeat: { colour: '#3a9d5d', height: 10, text: 'repeat' },
  reissue: { colour: '#8a4fc4', height: 15, text: 'reissue' },
  wait: { colour: '#e0a100', height: 8, text: 'wait' },
  unavailable: { colour: '#e07b39', height: 8, text: '503' },
};
const FAULTS: Record<Fault['kind'], { colour: string; text: string }> = {
  kill: { colour: '#f6cfcf', text: 'a server killed' },
  stall: { colour: '#fbe7c6', text: 'a server stalled' },
  partition: { colour: '#cfe8f6', text: 'a server cut off from the database' },
  clock_step: { colour: '#c6dfc9', text: 'a clock set' },
  restart: { colour: '#d6d6ee', text: 'database restart' },
  slow_disk: { colour: '#e8e0d0', text: 'disk slow' },
  failover: { colour: '#b9b9e6', text: 'failover' },
  terminate: { colour: '#7d7d9c', text: 'connections cut' },
};

/** Draws the activity of some browsers in one run. **Shape** an SVG document. */
export function timelineOf({ history, span: [began, ended] }: Run): string {
  const from = Math.max(began, ended - SHOWN);
  const x = (at: number) => (LEFT + ((at - from) / (ended - from)) * (WIDTH - LEFT - 20)).toFixed(1);
  const isIn = (at: number) => at >= from && at <= ended;
  const lanes = lanesOf(history.sessions, from, ended);
  const height = TOP + lanes.length * LANE + 30;
  const drawn = [
    ...history.faults
      .filter(({ until, at }) => isIn(until) || isIn(at))
      .map((fault) => band(fault, x, from, ended, height)),
    ...ruler(from, ended, began, x, height),
    ...lanes.flatMap(([browser, sessions], i) => {
      const y = TOP + i * LANE + LANE / 2;
      const crashes = history.crashes.filter((crash) => crash.browser === browser && isIn(crash.at));
      return [
        `<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${browser}</text>`,
        `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - 20}" y2="${y}" stroke="#ddd"/>`,
        ...sessions.flatMap((session) => lane(session, y, x, isIn)),
        ...crashes.map(({ at }) => cross(x(at), y)),
      ];
    }),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...legend(),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** Browsers that were robbed in the time shown, and as many that were not, by number. */
function lanesOf(sessions: SessionHistory[], from: number, ended: number): [string, SessionHistory[]][] {
  const byBrowser = new Map<string, SessionHistory[]>();
  for (const session of sessions)
    byBrowser.set(session.browser, [...(byBrowser.get(session.browser) ?? []), session]);
  const all = [...byBrowser].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const isRobbed = ([, own]: [string, SessionHistory[]]) =>
    own.some(({ theft }) => theft && theft.at > from && theft.at < ended);
  const robbed = all.filter(isRobbed).slice(0, LANES / 2);
  const honest = all.filter(([, own]) => !own.some(({ theft }) => theft)).slice(0, LANES - robbed.length);
  return [...robbed, ...honest];
}

type Scale = (at: number) => string;

function lane(session: SessionHistory, y: number, x: Scale, isIn: (at: number) => boolean): string[] {
  const marks = kindsOf(session).flatMap(([{ answeredAt, holder }, kind]) => {
    const tick = TICKS[kind];
    if (!tick || answeredAt === undefined || !isIn(answeredAt)) return [];
    // The owner's marks are above the line, the thief's below it.
    const [y1, y2] = holder === 'thief' ? [y, y + tick.height * 0.7] : [y - tick.height * 0.7, y];
    return [
      `<line x1="${x(answeredAt)}" x2="${x(answeredAt)}" y1="${y1}" y2="${y2}" stroke="${tick.colour}" stroke-width="2"/>`,
    ];
  });
  const { theft } = session;
  if (theft && isIn(theft.at))
    marks.push(`<circle cx="${x(theft.at)}" cy="${y}" r="5" fill="none" stroke="#c00" stroke-width="2"/>`);
  const caught = theft && caughtAt(session);
  if (caught !== undefined && isIn(caught))
    marks.push(`<circle cx="${x(caught)}" cy="${y}" r="5" fill="#c00"/>`);
  return marks;
}

const cross = (x: string, y: number) =>
  `<path d="M ${x} ${y} m -4 -4 l 8 8 m 0 -8 l -8 8" stroke="#222" stroke-width="1.5" fill="none"/>`;

function band({ kind, at, until }: Fault, x: Scale, from: number, ended: number, height: number): string {
  const left = Number(x(Math.max(at, from)));
  const width = Math.max(1.5, Number(x(Math.min(until, ended))) - left);
  return `<rect x="${left}" y="${TOP - 14}" width="${width.toFixed(1)}" height="${height - TOP - 6}" fill="${FAULTS[kind].colour}" opacity="0.6"/>`;
}

function ruler(from: number, ended: number, began: number, x: Scale, height: number): string[] {
  const marks = [];
  for (let second = Math.ceil((from - began) / 5000) * 5; began + second * 1000 <= ended; second += 5)
    marks.push(
      `<text x="${x(began + second * 1000)}" y="${height - 6}" text-anchor="middle">${second} s</text>`,
    );
  return marks;
}

function legend(): string[] {
  const ticks = Object.values(TICKS).map(({ colour, height, text }, i) => {
    const at = LEFT + i * 90;
    return `<line x1="${at}" x2="${at}" y1="${48 - height}" y2="48" stroke="${colour}" stroke-width="3"/><text x="${at + 8}" y="48">${text}</text>`;
  });
  const faults = Object.values(FAULTS).map(({ colour, text }, i) => {
    const at = LEFT + i * 145;
    return `<rect x="${at}" y="62" width="14" height="12" fill="${colour}"/><text x="${at + 20}" y="73">${text}</text>`;
  });
  return [
    `<text x="${LEFT}" y="22" font-size="15">Browsers (ticks above the line) and thieves (below it), through lost answers, crashes and dying servers</text>`,
    ...ticks,
    `<circle cx="650" cy="43" r="5" fill="none" stroke="#c00" stroke-width="2"/><text x="662" y="48">cookie stolen</text>`,
    `<circle cx="770" cy="43" r="5" fill="#c00"/><text x="782" y="48">caught: the session ends</text>`,
    cross('960', 43),
    `<text x="972" y="48">browser crashes, an older cookie comes back</text>`,
    ...faults,
  ];
}
