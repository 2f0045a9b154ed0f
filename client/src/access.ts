import { type Ask, isSignedOut } from './ask.js';
import type { Tabs } from './tabs.js';
import { AuthError, type Body, type Dialect, type Reason } from './types.js';

/** **Unit** milliseconds. */
const LONGEST_BACKOFF = 60_000;
/** What `setTimeout` can take. **Unit** milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Of a token that says nothing of its life. **Unit** seconds. */
const UNTOLD_LIFE = 300;
/** No token is renewed before it is so old, however short it lives. **Unit** milliseconds. */
const LEAST_AGE = 1000;

/** Two clocks: the monotonic one may stand still while the machine sleeps, and the other may be set. */
export type Moment = readonly [wall: number, tick: number];
export const moment = (): Moment => [Date.now(), performance.now()];

/** Who is signed in, and the access token: here and nowhere else, in no storage, property or message. */
export interface Access<U> {
  user: () => U | null;
  /** Asks who is signed in, unless that is known. */
  ready: () => Promise<U | null>;
  /** The token as it stands in the Authorization header; null without one. */
  header: () => string | null;
  /** **Unit** seconds. */
  expiresIn: () => number | null;
  /** One at a time, and none too soon after one that failed. */
  refresh: (isForOtherTab?: boolean) => Promise<U | null>;
  /** The token, renewed when that is due. */
  token: () => Promise<string | null>;
  /** Takes the tokens of an answer. @param sentAt when it was asked for: the token is no older. */
  accept: (body: Body, sentAt: Moment, reason: Reason) => Promise<U | null>;
  forget: (reason: Reason) => void;
  /** Ends the attempt under way. */
  callOff: () => void;
  /** Refreshes if it is time; `isNew` forgets a failure first. */
  wake: (isNew?: boolean) => void;
  close: () => void;
}

/** @param isKnown whether there is nobody to ask for. @param word what stands before the token in the header. */
export function createAccess<U>(
  ask: Ask,
  dialect: Dialect,
  tabs: Pick<Tabs, 'isHeld' | 'released'>,
  isKnown: boolean,
  word: string,
  changed: (user: U | null, reason: Reason) => void,
): Access<U> {
  let user: U | null = null;
  let isClosed = false;
  /** Counts whatever decides who is signed in. */
  let turns = 0;
  let isForOtherTab = false;

  let token: string | null = null;
  let header = '';
  let life = 0;
  let renewAt = 0;
  let issuedAt = moment();

  let underWay: Promise<U | null> | undefined;
  let attempt: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: unknown;
  let failures = 0;
  let notBefore = 0;

  /** Of the token, by the clock that says more. **Unit** milliseconds. */
  const age = () => Math.max(Date.now() - issuedAt[0], performance.now() - issuedAt[1]);
  const isDue = () => token && age() >= renewAt;

  function settle(next: U | null, reason: Reason): void {
    const isNews = !isKnown || reason === 'other-tab' || JSON.stringify(next) !== JSON.stringify(user);
    user = next;
    isKnown = true;
    turns++;
    failures = notBefore = 0;
    isForOtherTab = false;
    if (isNews) changed(next, reason);
  }

  function stop(): void {
    attempt?.abort();
    clearTimeout(timer);
  }

  function forget(reason: Reason): null {
    stop();
    token = null;
    settle(null, reason);
    return null;
  }

  async function accept(body: Body, sentAt: Moment, reason: Reason, turn = turns): Promise<U | null> {
    const { accessToken, scheme = word, expiresIn = 0, user: told } = dialect.tokens(body);
    const bearer = `${scheme} ${accessToken}`;
    // With a login, it may be somebody else.
    const known = told ?? (reason === 'updated' && user);
    const next = accessToken && (known || dialect.content(await ask('/user', { bearer }), 'user'));
    if (turns !== turn) return user;
    if (!next) throw new AuthError({});
    token = accessToken;
    header = bearer;
    life = (expiresIn > 0 ? expiresIn : UNTOLD_LIFE) * 1000;
    issuedAt = sentAt;
    // At random, so that pages do not come in waves, and a thief cannot learn when this one comes.
    renewAt = Math.max(LEAST_AGE, life * (0.5 + 0.45 * Math.random()));
    settle(next as U, reason);
    plan();
    return user;
  }

  function plan(wait = renewAt - age()): void {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(() => wake(true), Math.min(wait, LONGEST_TIMER));
  }

  function wake(isNew = false): void {
    // A page that nobody looks at renews when it needs the token, or when somebody looks.
    if (globalThis.document?.hidden) return;
    if (isNew) notBefore = 0;
    if (isKnown ? isDue() : failures) refresh().catch(() => {});
    else if (token) plan();
  }

  async function refresh(forOtherTab = false): Promise<U | null> {
    isForOtherTab ||= forOtherTab;
    if (!underWay && performance.now() < notBefore) throw failure;
    return (underWay ??= tryRefresh()
      .catch((error: AuthError) => {
        failure = error;
        const backoff = Math.min(LONGEST_BACKOFF, 1000 * 2 ** failures++) * (0.5 + Math.random() / 2);
        const wait = Math.max(backoff, (error.retryAfter ?? 0) * 1000);
        notBefore = performance.now() + wait;
        plan(wait);
        throw error;
      })
      .finally(() => {
        underWay = undefined;
      }));
  }

  async function tryRefresh(): Promise<U | null> {
    const turn = turns;
    for (;;) {
      await tabs.released();
      if (turns !== turn) return user;
      const sentAt = moment();
      attempt = new AbortController();
      try {
        const body = await ask('/token/refresh', { method: 'POST', controller: attempt });
        if (tabs.isHeld()) continue;
        return await accept(body, sentAt, isForOtherTab ? 'other-tab' : user ? 'updated' : 'restored', turn);
      } catch (thrown) {
        const error = thrown as AuthError;
        // Called off: who is signed in is being decided elsewhere.
        if (tabs.isHeld() || turns !== turn) continue;
        // The only answer that signs out.
        if (isSignedOut(error)) return forget(isKnown ? 'expired' : 'restored');
        if (error.code !== 'refresh_pending') throw error;
        const wait = (error.retryAfter ?? 1) * 1000 * (1 + Math.random() / 2);
        await new Promise((rested) => setTimeout(rested, wait));
      }
    }
  }

  return {
    user: () => user,
    ready: async () => (isKnown ? user : refresh()),
    header: () => token && header,
    expiresIn: () => (token ? Math.max(0, Math.ceil((life - age()) / 1000)) : null),
    refresh,
    async token() {
      if (!isKnown || isDue())
        try {
          await refresh();
        } catch (error) {
          // Renewal is early: the old one may do.
          if (!token || age() >= life) throw error;
        }
      return token;
    },
    accept,
    forget,
    callOff: () => attempt?.abort(),
    wake,
    close() {
      isClosed = true;
      stop();
    },
  };
}
