/**
 * Whether response times reveal who has an account.
 *
 *     DATABASE_URL=postgres://… npx tsx bench/account-timing.ts --attempts 200
 *
 * One built server on an empty database, with mandatory verification and a directory for emails. For each operation, known
 * and unknown addresses alternate in random order. For equal distributions, the p value of the Mann-Whitney U test is
 * uniform between 0 and 1; a measurable difference gives a value near 0.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { quantile } from './refreshing.js';
import { databaseUrl, startServer } from './server.js';

const { values } = parseArgs({ options: { attempts: { type: 'string', default: '200' } } });
const ATTEMPTS = Number(values.attempts);
const PASSWORD = 'marble cactus orbit lantern';

const directory = await mkdtemp(join(tmpdir(), 'tokenjar-emails-'));
const server = await startServer({ EMAIL_VERIFICATION: 'mandatory', MAIL_DIR: directory, RATE_LIMIT: 'off' });
const known = Array.from({ length: ATTEMPTS }, address);
try {
  for (const email of known) await post('/auth/registration', { email, password: PASSWORD });
  const db = new pg.Client({ connectionString: databaseUrl() });
  await db.connect();
  await db.query('UPDATE tokenjar.users SET email_verified = true');
  await db.end();

  console.log(
    `| ${ATTEMPTS} attempts each | known p50 | unknown p50 | known p90 | unknown p90 | p |\n|---|---|---|---|---|---|`,
  );
  await compare('login', (email) => post('/auth/login', { email, password: 'not the password' }), 401);
  await compare('password/reset', (email) => post('/auth/password/reset', { email }), 200);
  await compare('resend-email', (email) => post('/auth/registration/resend-email', { email }), 200);
  await compare('registration', (email) => post('/auth/registration', { email, password: PASSWORD }), 201);
} finally {
  await server.stop();
  await rm(directory, { recursive: true });
}

async function compare(name: string, send: (email: string) => Promise<number>, status: number) {
  const times = { known: [] as number[], unknown: [] as number[] };
  const measure = async (kind: keyof typeof times, email: string) => {
    const began = performance.now();
    const answered = await send(email);
    times[kind].push(performance.now() - began);
    if (answered !== status) throw new Error(`${name} answered ${answered}`);
  };
  for (let i = 0; i < 20; i++) await send(address());
  for (const email of known) {
    const turns = [() => measure('known', email), () => measure('unknown', address())];
    if (Math.random() < 0.5) turns.reverse();
    for (const turn of turns) await turn();
  }
  const ms = (part: number) =>
    [times.known, times.unknown].map((each) =>
      quantile(
        [...each].sort((a, b) => a - b),
        part,
      ).toFixed(2),
    );
  const [k50, u50] = ms(0.5);
  const [k90, u90] = ms(0.9);
  const p = mannWhitney(times.known, times.unknown).toFixed(3);
  console.log(`| ${name} | ${k50} ms | ${u50} ms | ${k90} ms | ${u90} ms | ${p} |`);
}

/** The two-sided p by the normal approximation, valid for samples of this size. Ties do not occur. */
function mannWhitney(one: number[], other: number[]): number {
  const all = [
    ...one.map((value) => ({ value, isOne: true })),
    ...other.map((value) => ({ value, isOne: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  const ranks = all.reduce((sum, { isOne }, i) => sum + (isOne ? i + 1 : 0), 0);
  const [n, m] = [one.length, other.length];
  const u = ranks - (n * (n + 1)) / 2;
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return 2 * (1 - normal(Math.abs(z)));
}

/** **Source** Abramowitz and Stegun 26.2.17; error below 1e-7. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const tail = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce(
    (sum, each) => (sum + each) * t,
    0,
  );
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}

function address(): string {
  return `user-${randomBytes(8).toString('hex')}@example.com`;
}

async function post(path: string, body: object): Promise<number> {
  const answer = await fetch(server.url.origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}
