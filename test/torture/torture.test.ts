import { expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Figures } from '../../torture/figures.js';
import { Postgres } from '../../torture/postgres.js';
import { longTest } from '../support/long.js';
import { build, ROOT } from '../support/server-process.js';

const LIMIT_MS = 360_000;

const [SECONDS, BROWSERS, LEAST_ROTATIONS] = ['120', '120', 50];

/** Runs the kit as an operator does; times at 1/20, so that a token is replaced every six seconds. */
async function torture(...args: string[]): Promise<{ code: number; figures: Figures; stories: string }> {
  await build();
  const common = ['--scale', '0.05', '--theft-every', '0.4', '--json'];
  const child = spawn(process.execPath, ['--import', 'tsx', 'torture/main.ts', ...common, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, stories, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  if (output === '') throw new Error(stories);
  return { code, figures: JSON.parse(output) as Figures, stories };
}

longTest(
  'no promise is broken while servers, the database and browsers die',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tokenjar-timeline-'));
    const svg = join(directory, 'timeline.svg');
    try {
      const { code, figures, stories } = await torture(
        '--seconds',
        SECONDS,
        '--browsers',
        BROWSERS,
        '--svg',
        svg,
      );
      // First what went wrong, if anything did.
      expect(stories).toBe('');
      expect({ code, breaches: figures.breaches }).toEqual({ code: 0, breaches: {} });
      expect(figures.faults.kill).toBeGreaterThanOrEqual(1);
      expect(figures.faults.restart).toBeGreaterThanOrEqual(1);
      const failover = Postgres.canBeFollowed ? ['failover'] : [];
      for (const kind of ['partition', 'clock_step', 'slow_disk', ...failover])
        expect([kind, figures.faults[kind]]).toEqual([kind, expect.any(Number)]);
      expect(figures.kinds.rotate).toBeGreaterThan(LEAST_ROTATIONS);
      expect(figures.thefts.caught).toBeGreaterThan(0);
      expect(figures.thefts.missed).toBe(0);
      expect(figures.revocations.watched).toBeGreaterThan(0);
      expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[^]*cookie stolen[^]*<\/svg>\n$/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  LIMIT_MS,
);

longTest(
  'no browser that holds a key is logged out, and no copy of its cookies is let in',
  async () => {
    const { code, figures, stories } = await torture(
      ...['--seconds', '60', '--browsers', '120', '--bound', '0.9', '--seed', '27'],
    );
    expect(stories).toBe('');
    expect({ code, breaches: figures.breaches }).toEqual({ code: 0, breaches: {} });
    expect(figures.bound).toBeGreaterThan(80);
    expect(figures.kinds.rotate).toBeGreaterThan(LEAST_ROTATIONS);
    expect(figures.thefts.shut_out).toBeGreaterThan(20);
    expect(figures.thefts.missed).toBe(0);
  },
  LIMIT_MS,
);

const BROKEN = [
  ['REFRESH_GRACE=0s', 'honest_logout'],
  ['ROTATE_REFRESH_TOKENS=off', 'not_replaced'],
] as const;

longTest.each(BROKEN)(
  'a server with %s is seen through',
  async (setting, breach) => {
    const { code, figures, stories } = await torture('--seconds', '10', '--browsers', '30', '--set', setting);
    expect(code).toBe(1);
    expect(figures.breaches[breach]).toBeGreaterThan(0);
    expect(stories).toContain(`${breach} at`);
  },
  LIMIT_MS,
);
