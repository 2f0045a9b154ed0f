import { type Ask, isSignedOut } from './ask.js';
import type { Tabs } from './tabs.js';
import { AuthError } from './auth-error.js';
import type { Body, Dialect } from './dialect.js';
import type { Reason } from './types.js';

/** **Unit** milliseconds. */
const LONGEST_BACKOFF = 60_000;
/**
 * How long refreshes are refused for want of a proof, without any other answer, before the key of the device counts as
 * lost. An honest browser goes without proofs for 9 minutes at most: Chromium signs six times in 9 minutes, and pauses
 * for 8 minutes at most after errors of the server; a signature that is slow is waited for. It is the sum of the waits
 * that have passed, so that a machine that sleeps in between does not count, nor an attempt that came early.
 * **Unit** milliseconds.
 *
 * **Source** Chromium, `net/device_bound_sessions/{session,session_service_impl}.cc`.
 */
const LONGEST_REFUSAL = 660_000;
/** `setTimeout` takes 24 days. **Unit** milliseconds. */
const LONGEST_TIMER = 1e9;
/** The lifetime assumed for a token without one. **Unit** seconds. */
const UNTOLD_LIFE = 300;
/** No token is refreshed before this age, however short its lifetime. **Unit** milliseconds. */
const LEAST_AGE = 1000;

/** Two clocks: the monotonic one may stop while the machine sleeps, and the other one may be adjusted. */
export type Moment = readonly [wall: number, tick: number];
export const moment = (): Moment => [Date.now(), performance.now()];

/** Holds the signed-in user and the access token, which is kept in no storage, property or message. */
export interface Access<U> {
  user: () => U | null;
  /** Requests who is signed in, unless that is known. */
  ready: () => Promise<U | null>;
  /** The value of the Authorization header; null without a token. */
  header: () => string | null;
  /** **Unit** seconds. */
  expiresIn: () => number | null;
  /** Refreshes, one at a time, and with a pause after a failure. */
  refresh: (isForOtherTab?: boolean) => Promise<U | null>;
  /** The token, refreshed when it is due. */
  token: () => Promise<string | null>;
  /** Accepts the tokens of a response. @param sentAt when the request was sent: the token is no older. */
  accept: (body: Body, sentAt: Moment, reason: Reason) => Promise<U | null>;
  forget: (reason: Reason) => void;
  /** Cancels the refresh in progress. */
  callOff: () => void;
  /** Refreshes if it is time; `isNew` resets the backoff first. */
  wake: (isNew?: boolean) => void;
  close: () => void;
}

/** @param isKnown whether it is already known that nobody is signed in. @param word the scheme of the header. */
export function createAccess<U>(
  ask: Ask,
  dialect: Dialect,
  tabs: Pick<Tabs, 'isHeld' | 'released'>,
  isKnown: boolean,
  word: string,
  changed: (user: U | null, reason: Reason) => void,
): Access<U> {
  let user: U | null = null;
  /** Incremented by everything that decides who is signed in. */
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
  /** The waits that have passed since the first refusal. **Unit** milliseconds. */
  let refused!: number;
  let notBefore = 0;

  /** The age of the token, by the clock that shows more. **Unit** milliseconds. */
  const age = () => Math.max(Date.now() - issuedAt[0], performance.now() - issuedAt[1]);
  const isDue = () => token && age() >= renewAt;

  function settle(next: U | null, reason: Reason): void {
    const isChanged = !isKnown || reason === 'other-tab' || JSON.stringify(next) !== JSON.stringify(user);
    user = next;
    isKnown = true;
    turns++;
    failures = refused = notBefore = 0;
    isForOtherTab = false;
    if (isChanged) changed(next, reason);
  }

  function stop(): void {
    attempt?.abort();
    clearTimeout(timer);
  }

  function forget(reason: Reason): null {
    stop();
    settle((token = null), reason);
    return null;
  }

  async function accept(body: Body, sentAt: Moment, reason: Reason, turn = turns): Promise<U | null> {
    const { accessToken, scheme = word, expiresIn, user: told } = dialect.tokens(body);
    const bearer = `${scheme} ${accessToken}`;
    // After a login, it may be a different user.
    const known = told ?? (reason === 'updated' && user);
    const next = accessToken && (known || dialect.content(await ask('/user', { bearer }), 'user'));
    if (turns !== turn) return user;
    if (!next) throw new AuthError({});
    token = accessToken;
    header = bearer;
    life = ((expiresIn as number) > 0 ? (expiresIn as number) : UNTOLD_LIFE) * 1000;
    issuedAt = sentAt;
    // At random, so that pages do not refresh in waves, and a thief cannot predict the next refresh.
    renewAt = Math.max(LEAST_AGE, life * (0.5 + 0.45 * Math.random()));
    settle(next as U, reason);
    plan();
    return user;
  }

  let plan = (wait = renewAt - age()): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        refused += wait;
        wake(true);
      },
      Math.min(wait, LONGEST_TIMER),
    );
  };

  function wake(isNew?: boolean): void {
    // A hidden page refreshes when it needs the token or becomes visible.
    if (globalThis.document?.hidden) return;
    if (isNew) notBefore = 0;
    if (failures || isDue()) refresh().catch(() => {});
    else if (token) plan();
  }

  async function refresh(forOtherTab?: boolean): Promise<U | null> {
    isForOtherTab ||= forOtherTab as boolean;
    // Another tab has got a new cookie.
    if (!underWay && !forOtherTab && performance.now() < notBefore) throw failure;
    return (underWay ??= tryRefresh()
      .catch((error: AuthError) => {
        failure = error;
        const wait = Math.max(
          Math.min(LONGEST_BACKOFF, 1000 * 2 ** failures) * (0.5 + Math.random() / 2),
          (error.retryAfter ?? 0) * 1000,
        );
        // device_proof_required, in fewer bytes.
        if (!failures || !/dev/.test(error.code)) refused = 0;
        // Nothing is ended, here or at the server: the attempts go on, in case that the key answers again.
        if (refused > LONGEST_REFUSAL && age() >= life) forget('unproven');
        failures++;
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
        // Cancelled: a sign-in or sign-out elsewhere decides who is signed in.
        if (tabs.isHeld() || turns !== turn) continue;
        // The only response that signs the user out at once.
        if (isSignedOut(error)) return forget(isKnown ? 'expired' : 'restored');
        if (error.code !== 'refresh_pending') throw error;
        await new Promise((rested) =>
          setTimeout(rested, (error.retryAfter ?? 1) * (1000 + Math.random() * 500)),
        );
      }
    }
  }

  return {
    user: () => user,
    ready: async () => (isKnown ? user : refresh()),
    header: () => token && header,
    expiresIn: () => (token && Math.ceil(Math.max(0, life - age()) / 1000)) as number | null,
    refresh,
    async token() {
      if (!isKnown || isDue())
        try {
          await refresh();
        } catch (error) {
          // Refreshes are early, so the old token may still be valid.
          if (!token || age() >= life) throw error;
        }
      return token;
    },
    accept,
    forget,
    callOff: () => attempt?.abort(),
    wake,
    close() {
      stop();
      // A request that was cut off plans another.
      plan = stop;
    },
  };
}
