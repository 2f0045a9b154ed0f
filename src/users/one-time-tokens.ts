import { createHash, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Equal, IsNull, MoreThan, Not } from 'typeorm';
import { addSeconds, type Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { OneTimeToken } from './one-time-token.entity.js';

/** What a token is for: it does that and nothing else. */
export type TokenPurpose = 'verify_email' | 'reset_password' | 'change_email' | 'unlock_account';

/** What a token stands for. */
export interface OneTimeTokenFacts {
  /** Null where the account is yet to be made. */
  userId: number | null;
  /** Of {@link stateOf}. */
  boundTo: Buffer;
  /** The address that the mail went to. */
  email: string;
}

const ADD = statement<
  [digest: Buffer, purpose: TokenPurpose, userId: number | null, boundTo: Buffer, email: string, expiry: Date]
>(
  'one_time_token_add',
  `INSERT INTO tokenjar.one_time_tokens (digest, purpose, user_id, bound_to, email, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE one_time_tokens.used_at IS NULL
    RETURNING 1`,
);
/**
 * Of requests at once one gets it: the others wait for its transaction, and find it used. The row stays until it
 * expires, so that a mail which is sent once more does not bring its token back.
 */
const CONSUME = statement<[digest: Buffer, purpose: TokenPurpose, now: Date], OneTimeTokenFacts>(
  'one_time_token_consume',
  `UPDATE tokenjar.one_time_tokens SET used_at = $3
    WHERE digest = $1 AND purpose = $2 AND expires_at > $3 AND used_at IS NULL AND email IS NOT NULL
    RETURNING user_id AS "userId", bound_to AS "boundTo", email`,
);

/**
 * Tokens that emails carry: each works once, for one purpose, and only while what it changes is as it was.
 *
 * **Shape** 128 bits, base64url, 22 characters. The database has their digests alone.
 * **Source** ASVS 5.0 6.5.1, 6.5.4, 6.5.5; OWASP Forgot Password Cheat Sheet.
 */
export class OneTimeTokens {
  constructor(
    private readonly clock: Clock,
    private readonly key: KeyObject,
  ) {}

  /**
   * Makes a token.
   *
   * @param lifetime **Unit** seconds.
   * @param emailId of the email that carries it: every attempt to send it carries the same token, so that of an email
   * that came twice both links work, once.
   * @returns undefined where it was used already: the mail had come before, though the mail server did not say so.
   */
  async issue(
    purpose: TokenPurpose,
    { userId, boundTo, email }: OneTimeTokenFacts,
    { lifetime, emailId }: { lifetime: number; emailId?: string },
    queries: Queries,
  ): Promise<string | undefined> {
    const token = (emailId === undefined ? randomBytes(16) : this.tokenOf(purpose, emailId)).toString(
      'base64url',
    );
    const expiry = addSeconds(this.clock.now(), lifetime);
    const digest = digestOf(purpose, token);
    const added = await queries.run(ADD, [digest, purpose, userId, boundTo, email, expiry]);
    return added.length === 1 ? token : undefined;
  }

  /** Looks a token up and leaves it as it is. */
  find(purpose: TokenPurpose, token: string, queries: Queries): Promise<OneTimeTokenFacts | undefined> {
    return this.look(purpose, token, 'unused', queries);
  }

  /** What a token was for that was used up and has not expired: its button may have been pressed twice. */
  findUsed(purpose: TokenPurpose, token: string, tx: Queries): Promise<OneTimeTokenFacts | undefined> {
    return this.look(purpose, token, 'used', tx);
  }

  /** Uses a token up, in the transaction of what it does. */
  async consume(purpose: TokenPurpose, token: string, tx: Queries): Promise<OneTimeTokenFacts | undefined> {
    return (await tx.run(CONSUME, [digestOf(purpose, token), purpose, this.clock.now()]))[0];
  }

  private async look(
    purpose: TokenPurpose,
    token: string,
    state: 'unused' | 'used',
    queries: Queries,
  ): Promise<OneTimeTokenFacts | undefined> {
    const found = await queries.repository(OneTimeToken).findOneBy({
      digest: Equal(digestOf(purpose, token)),
      purpose,
      expiresAt: MoreThan(this.clock.now()),
      usedAt: state === 'used' ? Not(IsNull()) : IsNull(),
    });
    // One without an address is of a version before, which bound them when their mail left.
    if (!found || found.email === null) return undefined;
    const { userId, boundTo, email } = found;
    return { userId, boundTo, email };
  }

  /** As good as random to whoever lacks `SECRET_KEY`. **Source** NIST SP 800-108 §4.1. */
  private tokenOf(purpose: TokenPurpose, emailId: string): Buffer {
    return createHmac('sha256', this.key).update(`${purpose} ${emailId}`).digest().subarray(0, 16);
  }
}

const digestOf = (purpose: TokenPurpose, token: string): Buffer =>
  createHash('sha256').update(`${purpose} ${token}`).digest();

/** What a token is bound to, such as the address and the password that it changes. **Shape** SHA-256. */
export const stateOf = (...parts: (string | null)[]): Buffer =>
  createHash('sha256').update(JSON.stringify(parts)).digest();

export const isSameState = (one: Buffer, other: Buffer): boolean => timingSafeEqual(one, other);
