import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startApp, type TestApp, PASSWORD, uniqueEmail } from '../support/app.js';
import { BoundDevice, type DeviceAnswer, offerIn } from '../support/bound-device.js';
import { isLong } from '../support/long.js';
import { type Binding, challengeAt, isLetIn, type Proof, proven, UNBOUND } from './bound-session-model.js';
import { inSomeOrder, type IssuedToken, type Outcome, type Session } from './session-model.js';

const SEED = Number(process.env.MODEL_SEED ?? 20_261_128);
const RUNS = Number(process.env.MODEL_RUNS ?? (isLong ? 400 : 20));
const REFRESH = '__Host-refresh_token';
const PROOF = '__Host-device_proof';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ deviceBoundSessions: true, cookieSecure: true });
});
afterAll(() => app.close());

/** What may happen to a session, its browser, and those who have copied the jar. Thieves are named by when they did. */
type Step =
  | { does: 'time'; seconds: number }
  /** The first answer of the browser to what the sign-in has offered. Only the first of these counts. */
  | { does: 'register'; isLost: boolean }
  | { does: 'prove'; isLost: boolean }
  /** Some tabs and some thieves at once. */
  | { does: 'refresh'; tabs: number; thieves: number[]; isLost: boolean }
  /** As browsers do it: a proof if there is none, then the refresh. */
  | { does: 'visit' }
  /** Up to 30 s of the jar were not written yet. */
  | { does: 'crash'; seconds: number }
  | { does: 'steal' }
  | { does: 'thief proves'; thief: number; by: 'nothing' | 'a key of theirs' | 'a response'; age: number }
  | { does: 'thief binds'; thief: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      does: fc.constant('time' as const),
      seconds: fc.constantFrom(1, 10, 29, 31, 40, 70, 101, 121, 121, 180, 299, 301, 361, 3600),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('register' as const), isLost: fc.boolean() }) },
  { weight: 14, arbitrary: fc.record({ does: fc.constant('prove' as const), isLost: fc.boolean() }) },
  {
    weight: 22,
    arbitrary: fc.record({
      does: fc.constant('refresh' as const),
      tabs: fc.nat(2),
      thieves: fc.array(fc.nat(3), { maxLength: 2 }),
      isLost: fc.boolean(),
    }),
  },
  { weight: 14, arbitrary: fc.constant({ does: 'visit' } as const) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('crash' as const), seconds: fc.nat(30) }) },
  { weight: 10, arbitrary: fc.constant({ does: 'steal' } as const) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('thief proves' as const),
      thief: fc.nat(3),
      by: fc.constantFrom('nothing', 'a key of theirs', 'a response', 'a response'),
      age: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('thief binds' as const), thief: fc.nat(3) }) },
);

type Offer = NonNullable<ReturnType<typeof offerIn>>;

/** Plays steps against the server and the model side by side. */
class Play {
  private session: Session;
  private binding: Binding = UNBOUND;
  private readonly proofs = new Map<string, Proof>();
  private readonly thieves: BoundDevice[] = [];
  /** What the browser's jar held, and since when. */
  private jars: { since: number; cookies: Map<string, string> }[] = [];
  private isAsked = false;
  /** Whether the browser has the key. */
  private hasKey = false;
  /** What it has signed, newest last. */
  private readonly signed: { response: string; at: number }[] = [];
  /** Whether somebody without the key was let in and has moved the session. */
  isTouched = false;
  /** How often each proof has let somebody without the key move the session. */
  private readonly moves = new Map<string, number>();

  private constructor(
    private readonly owner: BoundDevice,
    private readonly email: string,
    private readonly offer: Offer,
    private readonly count: (what: string) => void,
  ) {
    const { generation, issuedAt } = this.tokenOf(owner);
    this.session = { generation, parent: 0, rotatedAt: issuedAt };
    this.note();
  }

  static async begin(count: (what: string) => void): Promise<Play> {
    const owner = new BoundDevice(app.url);
    const email = uniqueEmail();
    const { headers } = await owner.send('/auth/registration', { email, password: PASSWORD });
    const offer = offerIn(headers);
    if (!offer) throw new Error('nothing was offered');
    return new Play(owner, email, offer, count);
  }

  async take(step: Step): Promise<void> {
    // Somebody with a stolen proof has had it ended.
    if (!this.session) return;
    if (step.does === 'time') app.clock.advance(step.seconds);
    else if (step.does === 'register') await this.register(step.isLost);
    else if (step.does === 'prove') await this.prove(step.isLost);
    else if (step.does === 'refresh') await this.refresh(step.tabs, step.thieves, step.isLost);
    else if (step.does === 'visit') await this.visit();
    else if (step.does === 'crash') this.crash(step.seconds);
    else if (step.does === 'steal') this.thieves.push(this.owner.copyOfJar());
    else if (step.does === 'thief proves') await this.thiefProves(step);
    else await this.thiefBinds(step.thief);
    this.note();
    await this.compareRow();
  }

  /** Last of all: the honest user is still signed in, unless somebody else was let in before. */
  async end(): Promise<void> {
    if (this.isTouched) return this.count('touched');
    expect((await this.visit())?.status).not.toBe(401);
    app.clock.advance(31 * 86_400);
    expect((await this.owner.send('/auth/token/refresh')).status).toBe(401);
    for (const thief of this.thieves) expect((await thief.send('/auth/token/refresh')).status).toBe(401);
  }

  private async register(isLost: boolean): Promise<void> {
    if (this.isAsked) return;
    this.isAsked = true;
    const isInTime = this.now() - (this.jars[0]?.since ?? 0) < 300;
    // If the answer is lost, the browser forgets the key.
    const browser = isLost ? this.owner.copyOfJar() : this.owner;
    const { status } = await browser.bind(this.offer);
    expect(status).toBe(!this.session ? 401 : isInTime ? 200 : 403);
    if (status !== 200) return;
    this.binding = { ...this.binding, hasKey: true };
    this.hasKey = !isLost;
    this.count('registered');
  }

  private async prove(isLost: boolean): Promise<void> {
    if (!this.hasKey) return;
    const now = this.now();
    const asked = challengeAt(this.binding, now);
    const { generation } = this.tokenOf(this.owner);
    const before = new Map(this.owner.cookies);
    const answer = await this.owner.prove();
    expect(answer.status).toBe(this.session ? 200 : 401);
    if (answer.status !== 200) return;
    if (this.signed.at(-1)?.at !== asked) this.signed.push({ response: this.owner.signed ?? '', at: asked });
    const after = proven(this.binding, asked, now);
    if (!after) throw new Error('the browser was asked for what is refused');
    this.binding = after;
    this.keepProof(answer, generation);
    if (isLost) this.restore(before);
    this.count(isLost ? 'proof lost' : 'proven');
  }

  private async visit(): Promise<DeviceAnswer | undefined> {
    for (let tries = 0; tries < 2; tries++) {
      if (this.owner.cookies.get(PROOF) === undefined) await this.prove(false);
      const [answer] = await this.refresh(1, [], false);
      // A proof that was too old, or of an older token, is dropped; the next is good.
      if (answer?.status !== 403) return answer;
      expect(this.owner.cookies.get(PROOF)).toBeUndefined();
    }
    throw new Error('a browser with its key was refused twice');
  }

  private async refresh(tabs: number, named: number[], isLost: boolean): Promise<DeviceAnswer[]> {
    const now = this.now();
    const thieves = named.flatMap((thief) => this.thieves[thief % Math.max(1, this.thieves.length)] ?? []);
    const sender = isLost ? this.owner.copyOfJar() : this.owner;
    const all = [...Array.from({ length: tabs }, () => sender), ...thieves];
    const sent = all.map((device) => ({
      device,
      token: this.tokenOf(device),
      proof: device.cookies.get(PROOF) ?? '',
    }));
    const before = this.session;
    const answers = await Promise.all(all.map((device) => device.send('/auth/token/refresh')));
    const isCleared = sent.every(
      ({ device }, i) =>
        device.cookies.get(PROOF) === undefined || ![200, 403].includes(answers[i]?.status ?? 0),
    );
    expect(isCleared).toBe(true);
    // Nobody makes a thief forget it.
    for (const { device, proof } of sent)
      if (proof !== '' && thieves.includes(device)) device.cookies.set(PROOF, proof);
    const requests = sent.map((each, i) => ({ ...each, answer: answers[i] as DeviceAnswer }));
    const letIn = requests.filter(({ token, proof }) =>
      isLetIn(this.binding, token.generation, this.proofs.get(proof), now),
    );
    for (const { device, answer } of requests.filter((each) => !letIn.includes(each))) {
      this.count(thieves.includes(device) ? 'thief refused' : 'browser asked for a proof');
      // It is not told before either, while another ends the session.
      if (before) expect([answer.status, answer.code]).toEqual(this.refusedWhile(letIn, answer));
      else expect(answer.status).toBe(401);
    }
    const told = letIn.map(({ token, answer }) => ({ token, outcome: outcomeOf(answer) }));
    const possible = inSomeOrder(this.session, told, now);
    expect({ session: this.session, now, told, isExplained: possible.length > 0 }).toMatchObject({
      isExplained: true,
    });
    const row = await this.row();
    const after = possible.filter((each) => each?.generation === row?.generation);
    expect(after.length).toBeGreaterThan(0);
    [this.session] = after;
    this.blame(letIn, thieves, before);
    if (!this.isTouched)
      for (const { device, answer } of letIn)
        if (!thieves.includes(device)) expect([200, 503]).toContain(answer.status);
    return answers;
  }

  private refusedWhile(letIn: { answer: DeviceAnswer }[], { status, code }: DeviceAnswer): unknown[] {
    const mayHaveEnded = letIn.some(({ answer }) => answer.status === 401);
    return mayHaveEnded && status === 401 ? [status, code] : [403, 'device_proof_required'];
  }

  private blame(
    letIn: { device: BoundDevice; proof: string }[],
    thieves: BoundDevice[],
    before: Session,
  ): void {
    const guests = letIn.filter(({ device }) => thieves.includes(device));
    if (guests.length === 0) return;
    this.count(this.binding.isBound ? 'thief let in with a proof' : 'thief let in before the first proof');
    if (JSON.stringify(this.session) === JSON.stringify(before)) return;
    this.isTouched = true;
    if (!this.binding.isBound) return;
    for (const { proof } of guests) this.moves.set(proof, (this.moves.get(proof) ?? 0) + 1);
    // To a new token, and twice more if it pretends that the answer was lost: no proof lives for longer.
    for (const moves of this.moves.values()) expect(moves).toBeLessThanOrEqual(3);
  }

  private crash(seconds: number): void {
    const then = this.now() - seconds;
    const written = this.jars.findLast(({ since }) => since <= then);
    if (written) this.restore(written.cookies);
    this.count('crashed');
  }

  private async thiefProves({ thief: named, by, age }: Step & { does: 'thief proves' }): Promise<void> {
    const thief = this.thieves[named % Math.max(1, this.thieves.length)];
    if (!thief || !this.session) return;
    const now = this.now();
    const { generation } = this.tokenOf(thief);
    // Somebody who reads headers has them.
    const heard = this.signed.at(-1 - age) ?? this.signed[0];
    if (by === 'nothing' || !heard) {
      const answer = await thief.ask();
      expect(answer.headers.getSetCookie()).toEqual([]);
      // There is nothing to prove without a key.
      expect(answer.status).toBe(this.binding.hasKey ? 403 : 200);
      return;
    }
    const answer = await thief.replay(by === 'a response' ? heard.response : await this.ofAnotherKey(thief));
    const after = by === 'a response' ? proven(this.binding, heard.at, now) : undefined;
    expect(answer.status).toBe(after ? 200 : 403);
    if (!after) return expect(answer.headers.getSetCookie()).toEqual([]);
    this.binding = after;
    this.keepProof(answer, generation);
    this.count('response replayed');
  }

  /** The newest challenge, signed with a key of the thief. */
  private async ofAnotherKey(thief: BoundDevice): Promise<string> {
    const other = new BoundDevice(app.url);
    const { headers } = await other.send('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
    await other.bind(offerIn(headers) as Offer);
    const [, challenge = ''] =
      /^"([^"]+)"/.exec((await thief.ask()).headers.get('secure-session-challenge') ?? '') ?? [];
    return other.sign(challenge, { jwk: await other.publicKey() });
  }

  private async thiefBinds(named: number): Promise<void> {
    const thief = this.thieves[named % Math.max(1, this.thieves.length)];
    // Only who has heard the sign-in knows what it has offered; that is not in the jar.
    if (!thief || !this.session) return;
    const { status, code } = await thief.bind({ ...this.offer, challenge: 'guessed' });
    expect([status, code]).toEqual([403, 'device_binding_refused']);
  }

  private keepProof({ headers }: DeviceAnswer, generation: number): void {
    const value = cookieIn(headers, PROOF);
    if (value === undefined) throw new Error('a proof was answered without its cookie');
    this.proofs.set(value, { at: this.now(), generation });
  }

  private restore(cookies: Map<string, string>): void {
    this.owner.cookies.clear();
    for (const [name, value] of cookies) this.owner.cookies.set(name, value);
  }

  private note(): void {
    this.jars.push({ since: this.now(), cookies: new Map(this.owner.cookies) });
  }

  private tokenOf(device: BoundDevice): IssuedToken {
    return read(device.cookies.get(REFRESH) ?? '');
  }

  private async compareRow(): Promise<void> {
    const row = await this.row();
    expect(row && { generation: row.generation, parent: row.parent, rotatedAt: row.rotatedAt }).toEqual(
      this.session,
    );
    if (row) expect([row.hasKey, row.isBound]).toEqual([this.binding.hasKey, this.binding.isBound]);
  }

  private async row() {
    const [row] = await app.sql<{
      generation: number;
      parent: number;
      rotated_at: Date;
      hasKey: boolean;
      isBound: boolean;
    }>(
      `SELECT s.generation, s.parent_generation AS parent, s.rotated_at, s.bound_jwk IS NOT NULL AS "hasKey",
              s.bound_at IS NOT NULL AS "isBound"
       FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id WHERE u.email = $1`,
      [this.email],
    );
    return row && { ...row, rotatedAt: row.rotated_at.getTime() / 1000 };
  }

  private now(): number {
    return app.clock.now().getTime() / 1000;
  }
}

function outcomeOf({ status, code, headers }: DeviceAnswer): Outcome {
  if (status !== 200) {
    expect([status, code]).toEqual([
      status,
      expect.stringMatching(status === 401 ? /^token_/ : /^refresh_pending$/),
    ]);
    return { status: status as 401 | 503 };
  }
  const text = cookieIn(headers, REFRESH);
  return { status: 200, cookie: text === undefined ? 'none' : read(text).generation };
}

const cookieIn = (headers: Headers, name: string): string | undefined =>
  headers
    .getSetCookie()
    .find((line) => line.startsWith(`${name}=`) && !line.startsWith(`${name}=;`))
    ?.slice(name.length + 1)
    .split(';')[0];

function read(text: string): IssuedToken {
  const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as {
    gen: number;
    par?: number;
    iat: number;
  };
  return { generation: claims.gen, parent: claims.par ?? claims.gen - 1, issuedAt: claims.iat, text };
}

test(
  'a bound session behaves like the model, whatever its browser and those with a copy of the jar do',
  async () => {
    // The clock of the tests begins within a second; the model counts whole ones.
    app.clock.advance(1 - (app.clock.now().getTime() % 1000) / 1000);
    const counts: Record<string, number> = {};
    const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.boolean(),
        async (steps, isBound) => {
          const play = await Play.begin(count);
          // Half of them as browsers are within a second of their sign-in.
          const first: Step[] = isBound ? [{ does: 'register', isLost: false }, { does: 'visit' }] : [];
          for (const each of [...first, ...steps]) await play.take(each);
          await play.end();
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
    // It has been where it matters.
    for (const what of ['thief refused', 'browser asked for a proof', 'proven', 'proof lost', 'crashed'])
      expect([what, (counts[what] ?? 0) > RUNS / 5]).toEqual([what, true]);
    if (isLong) {
      for (const what of [
        'thief let in with a proof',
        'thief let in before the first proof',
        'response replayed',
      ])
        expect([what, (counts[what] ?? 0) > 5]).toEqual([what, true]);
      console.log(JSON.stringify(counts));
    }
  },
  isLong ? 600_000 : 120_000,
);
