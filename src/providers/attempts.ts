import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, epochSeconds } from '../clock.js';
import { seal, unseal } from '../crypto/seal.js';
import type { SentCookies } from '../http/cookies.js';

/** Token under which the keys are injected, the current one first. */
export const ATTEMPT_KEYS = Symbol('tokenjar.providerAttemptKeys');

/** How long somebody may stay at a provider. **Unit** seconds. */
export const ATTEMPT_LIFETIME = 600;

/** Sealed values are bound to this, and so are good for nothing else. */
const CONTEXT = 'provider attempt';
/** The same for attempts that are not bound to a browser: the two are never taken for each other. */
const UNBOUND = 'unbound provider attempt';

/** What a browser sends to its own pages alone. */
const ownCookies = z.object({
  refresh: z.array(z.object({ name: z.string(), value: z.string(), protection: z.number() })),
  device: z.array(z.string()),
  trustedDevice: z.array(z.string()),
});

const attempt = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  /** The verifier of PKCE. */
  verifier: z.string(),
  returnTo: z.string(),
  purpose: z.enum(['login', 'link', 'reauthenticate']),
  remember: z.boolean(),
  /** Of an app, or a page of another site, which no cookie of ours reaches. */
  codeChallenge: z.string().optional(),
  scope: z.string().optional(),
  browser: ownCookies,
  /** Where the provider sends the browser to a page of the site, which sends us what it got. */
  page: z
    .object({
      /** In place of the cookie. **Source** RFC 7636 §4.2, `S256`. */
      challenge: z.string().optional(),
    })
    .optional(),
  /** Who links or authenticates again. */
  userId: z.number().optional(),
  sessionId: z.string().optional(),
  /** **Unit** seconds since 1970. */
  expiresAt: z.number(),
});

/** Somebody who is at a provider, or has just come back. */
export type Attempt = z.infer<typeof attempt>;
export type NewAttempt = Omit<Attempt, 'state' | 'nonce' | 'verifier' | 'expiresAt'>;

/** Of attempts whose page comes back by itself, with all of its cookies. */
export const NO_COOKIES: Attempt['browser'] = { refresh: [], device: [], trustedDevice: [] };

/** The cookies that an attempt keeps. Browsers take none of more than 4 KiB, and there may be planted ones. */
export const keptOf = ({ refresh, device, trustedDevice }: SentCookies): Attempt['browser'] => ({
  refresh: fitting(refresh, 1000, ({ name, value }) => name.length + value.length),
  device: fitting(device, 400),
  trustedDevice: fitting(trustedDevice, 100),
});

/** The first ones that are not longer than this together. */
function fitting<Value>(
  values: readonly Value[],
  most: number,
  lengthOf = (value: Value) => String(value).length,
): Value[] {
  let left = most;
  return values.filter((value) => {
    const length = lengthOf(value);
    if (length > left) return false;
    left -= length;
    return true;
  });
}

/**
 * The cookies of a browser that comes back. Strict ones are not sent from another site, so they are those that it had
 * when it went: the session that ends, and what the account knows of the device.
 */
export function cookiesOf(sent: SentCookies, { browser }: Attempt): SentCookies {
  const either = <Value>(now: readonly Value[], before: readonly Value[]) => (now.length > 0 ? now : before);
  return {
    ...sent,
    refresh: either(sent.refresh, browser.refresh),
    device: either(sent.device, browser.device),
    trustedDevice: either(sent.trustedDevice, browser.trustedDevice),
  };
}

/**
 * Attempts to sign in with a provider. Nothing is stored: each is in a sealed cookie of its own, so that several tabs
 * can be at providers at once, and nobody can fill a table. The cookie binds the state to the browser that asked. What
 * came back is good once, because the provider's code is.
 *
 * **Source** RFC 6749 §10.12; RFC 9700 §2.1.1, §4.7.
 */
@Injectable()
export class Attempts {
  constructor(
    @Inject(ATTEMPT_KEYS) private readonly keys: readonly KeyObject[],
    private readonly clock: Clock,
  ) {}

  /** @returns the attempt, and the value of its cookie. */
  begin(facts: NewAttempt): { attempt: Attempt; sealed: string } {
    const [key] = this.keys;
    if (!key) throw new TypeError('there is no key for attempts');
    const begun = { ...this.drawn(facts), state: secret() };
    return {
      attempt: begun,
      sealed: seal(key, Buffer.from(JSON.stringify(begun)), CONTEXT).toString('base64url'),
    };
  }

  /**
   * One that is not bound to the browser: apps open another one than they ask with. The state is the attempt, sealed, and
   * whoever comes back with it gets nothing but a code, which only its beginner can redeem.
   */
  beginUnbound(facts: NewAttempt & { codeChallenge: string }): Attempt {
    const [key] = this.keys;
    if (!key) throw new TypeError('there is no key for attempts');
    const content = this.drawn(facts);
    const sealed = seal(key, Buffer.from(JSON.stringify(content)), UNBOUND).toString('base64url');
    return { ...content, state: sealed };
  }

  /** The attempt that a state itself is; undefined if it is none that is alive. */
  findUnbound(state: string, provider: string): Attempt | undefined {
    const found = this.open(state, UNBOUND, { state });
    return found?.provider === provider && found.expiresAt > epochSeconds(this.clock.now())
      ? found
      : undefined;
  }

  /** The attempt of this provider and state among the values of cookies; undefined if there is none that is alive. */
  find(sealed: readonly string[], provider: string, state: string): Attempt | undefined {
    return this.living(sealed, provider).find((each) => each.state === state && !each.page);
  }

  /** Like {@link find}, of an attempt that came back to a page. */
  findOfPage(sealed: readonly string[], provider: string, state: string): Attempt | undefined {
    return this.living(sealed, provider).find(
      ({ page, ...each }) => each.state === state && page && page.challenge === undefined,
    );
  }

  /** The attempt that the state itself contains; undefined unless it is that of whoever has the verifier. */
  findByVerifier(state: string, provider: string, verifier: string): Attempt | undefined {
    const digest = createHash('sha256').update(verifier).digest('base64url');
    const [attempt] = this.living([state], provider);
    return attempt?.page?.challenge === digest ? { ...attempt, state } : undefined;
  }

  /** With the secrets of an attempt, and its end. */
  private drawn<Facts extends object>(facts: Facts): Facts & Omit<Attempt, keyof NewAttempt | 'state'> {
    const expiresAt = epochSeconds(this.clock.now()) + ATTEMPT_LIFETIME;
    return { ...facts, nonce: secret(), verifier: secret(), expiresAt };
  }

  private living(sealed: readonly string[], provider: string): Attempt[] {
    const now = epochSeconds(this.clock.now());
    return sealed
      .flatMap((value) => this.open(value) ?? [])
      .filter((each) => each.provider === provider && each.expiresAt > now);
  }

  private open(value: string, context = CONTEXT, more: object = {}): Attempt | undefined {
    const bytes = Buffer.from(value, 'base64url');
    for (const key of this.keys) {
      const text = unseal(key, bytes, context);
      // One of another version of ours counts as none.
      if (text) return attempt.safeParse({ ...(JSON.parse(text.toString()) as object), ...more }).data;
    }
    return undefined;
  }
}

/** **Shape** 32 random bytes, base64url: 43 characters, as a verifier has (RFC 7636 §4.1). */
const secret = (): string => randomBytes(32).toString('base64url');
