import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startApp, type TestApp } from '../support/app.js';
import type { Browser } from '../support/browser.js';
import { inSomeOrder, type IssuedToken, type Outcome, type Row, type Session } from './session-model.js';

const SEED = Number(process.env.MODEL_SEED ?? 20_261_124);
const RUNS = Number(process.env.MODEL_RUNS ?? 120);

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** What may happen to a session. Tokens are named by how many were issued after them. */
type Step =
  | { does: 'time'; seconds: number }
  | { does: 'refresh'; tokens: number[] }
  | { does: 'go back'; states: number }
  | { does: 'sign out'; token: number };

const tokenAge = fc.oneof({ weight: 6, arbitrary: fc.nat(1) }, fc.nat(4));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 25,
    arbitrary: fc.record({
      does: fc.constant('time' as const),
      seconds: fc.constantFrom(1, 10, 29, 30, 31, 40, 70, 101, 119, 121, 3600),
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      does: fc.constant('refresh' as const),
      tokens: fc.array(tokenAge, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('go back' as const), states: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('sign out' as const), token: tokenAge }) },
);

/** Plays steps against the server and the model side by side. */
class Play {
  private readonly issued: IssuedToken[] = [];
  private readonly states: Row[] = [];
  private session: Session;

  constructor(
    private readonly user: Browser,
    private readonly email: string,
    first: string,
  ) {
    const token = read(first);
    this.issued.push(token);
    this.session = { generation: token.generation, parent: 0, rotatedAt: token.issuedAt };
    this.states.push(this.session);
  }

  async take(step: Step): Promise<void> {
    if (step.does === 'time') app.clock.advance(step.seconds);
    else if (step.does === 'refresh') await this.refresh(step.tokens.map((age) => this.tokenOf(age)));
    else if (step.does === 'go back') await this.goBack(step.states);
    else await this.signOut(this.tokenOf(step.token));
    await this.compareRow();
  }

  private tokenOf(age: number): IssuedToken {
    return this.issued[Math.max(0, this.issued.length - 1 - age)] as IssuedToken;
  }

  private async refresh(tokens: IssuedToken[]): Promise<void> {
    const now = this.now();
    const requests = await Promise.all(
      tokens.map(async (token) => ({ token, outcome: await this.send(token) })),
    );
    const possible = inSomeOrder(this.session, requests, now);
    const told = requests.map(({ token, outcome }) => [token.generation, outcome]);
    // Said in full, so that a failure explains itself.
    expect({ session: this.session, now, told, isExplained: possible.length > 0 }).toMatchObject({
      isExplained: true,
    });
    const row = await this.row();
    const after = possible.filter((each) => each?.generation === row?.generation);
    expect(after.length).toBeGreaterThan(0);
    if (after[0] && after[0] !== this.session) this.states.push(after[0]);
    this.session = after[0];
  }

  private async send(token: IssuedToken): Promise<Outcome> {
    const cookie = `refresh_token=${token.text}`;
    const { status, setCookie, body } = await this.user.post('/auth/token/refresh', undefined, { cookie });
    if (status !== 200) {
      expect([status, body.code]).toEqual([
        status,
        expect.stringMatching(status === 401 ? /^token_/ : 'refresh_pending'),
      ]);
      return { status: status as 401 | 503 };
    }
    const [, text] = /refresh_token=([^;]+)/.exec(setCookie[0] ?? '') ?? [];
    if (text === undefined) return { status: 200, cookie: 'none' };
    const given = read(text);
    if (!this.issued.some((each) => each.text === text)) this.issued.push(given);
    return { status: 200, cookie: given.generation };
  }

  /** As a restored dump does: the row is as it was. */
  private async goBack(states: number): Promise<void> {
    const state = this.states[Math.max(0, this.states.length - 1 - states)];
    if (!this.session || !state) return;
    await app.sql(
      `UPDATE tokenjar.sessions s SET generation = $2, parent_generation = $3, rotated_at = $4
       FROM tokenjar.users u WHERE u.id = s.user_id AND u.email = $1`,
      [this.email, state.generation, state.parent, new Date(state.rotatedAt * 1000)],
    );
    this.session = state;
  }

  private async signOut({ text }: IssuedToken): Promise<void> {
    const cookie = `refresh_token=${text}`;
    expect((await this.user.post('/auth/logout', undefined, { cookie })).status).toBe(204);
    this.session = undefined;
  }

  /** One row while the session lives, as the model has it; then none, and an entry in the blacklist. */
  private async compareRow(): Promise<void> {
    expect(await this.row()).toEqual(this.session);
    const [entry] = await app.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM tokenjar.ended_sessions e JOIN tokenjar.users u ON u.id = e.user_id
       JOIN tokenjar.blacklist b ON b.session_id = e.id WHERE u.email = $1`,
      [this.email],
    );
    expect(entry?.count).toBe(this.session ? 0 : 1);
  }

  private async row(): Promise<Session> {
    const rows = await app.sql<{ generation: number; parent: number; rotated_at: Date }>(
      `SELECT s.generation, s.parent_generation AS parent, s.rotated_at FROM tokenjar.sessions s
       JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
      [this.email],
    );
    expect(rows.length).toBeLessThan(2);
    const [row] = rows;
    return (
      row && { generation: row.generation, parent: row.parent, rotatedAt: row.rotated_at.getTime() / 1000 }
    );
  }

  private now(): number {
    return app.clock.now().getTime() / 1000;
  }
}

function read(text: string): IssuedToken {
  const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as {
    gen: number;
    par?: number;
    iat: number;
  };
  return { generation: claims.gen, parent: claims.par ?? claims.gen - 1, issuedAt: claims.iat, text };
}

test('a session behaves like the model, whatever happens to it', async () => {
  // The clock of the tests begins within a second; the model counts whole ones.
  app.clock.advance(1 - (app.clock.now().getTime() % 1000) / 1000);
  const counts: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const user = await app.signedUp();
      const play = new Play(user, user.email, (await user.refreshCookie()) ?? '');
      for (const each of steps) {
        await play.take(each);
        counts[each.does] = (counts[each.does] ?? 0) + 1;
      }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect(counts.refresh).toBeGreaterThan(RUNS * 5);
}, 180_000);
