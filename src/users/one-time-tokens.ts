import { createHash, createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Equal, IsNull, MoreThan, Not } from 'typeorm';
import { addSeconds, type Clock } from '../clock.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { OneTimeToken } from './one-time-token.entity.js';

/** The only thing that a token can be used for. */
export type TokenPurpose =
  'verify_email' | 'reset_password' | 'change_email' | 'unlock_account' | 'invitation';

/** The subject of a token. */
export interface OneTimeTokenFacts {
  /** Null if the account does not exist yet. */
  userId: number | null;
  /** See {@link stateOf}. */
  boundTo: Buffer;
  /** The address that received the email; empty for an account without one, whose user was given the link. */
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
 * Of concurrent requests one succeeds: the others wait for its transaction and find the token used. The row is kept
 * until it expires, so that sending the email again does not make the token valid again.
 */
const CONSUME = statement<
  [digest: Buffer, purpose: TokenPurpose, now: Date, email: string | null],
  OneTimeTokenFacts
>(
  'one_time_token_consume',
  `UPDATE tokenjar.one_time_tokens SET used_at = $3
    WHERE digest = $1 AND purpose = $2 AND expires_at > $3 AND used_at IS NULL AND email IS NOT NULL
      AND ($4::text IS NULL OR email = $4)
    RETURNING user_id AS "userId", bound_to AS "boundTo", email`,
);

/**
 * Tokens sent by email. Each works once, for one purpose, and only while what it changes is unchanged.
 *
 * **Shape** 128 bits, base64url, 22 characters. The database contains only digests.
 * **Source** ASVS 5.0 6.5.1, 6.5.4, 6.5.5; OWASP Forgot Password Cheat Sheet.
 */
export class OneTimeTokens {
  /** @param key from `SECRET_KEY`, for tokens of emails; commands have none. */
  constructor(
    private readonly clock: Clock,
    private readonly key?: KeyObject,
  ) {}

  /**
   * Issues a token.
   *
   * @param lifetime **Unit** seconds.
   * @param emailId the email that contains it: every attempt to send it contains the same token, so both copies of an
   * email that arrives twice work, once.
   * @returns undefined if it has been used: the email had arrived although the mail server did not confirm it.
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

  /** Reads a token without using it up. */
  find(purpose: TokenPurpose, token: string, queries: Queries): Promise<OneTimeTokenFacts | undefined> {
    return this.look(purpose, token, 'unused', queries);
  }

  /** Reads a token that was used and has not expired: its button may have been clicked twice. */
  findUsed(purpose: TokenPurpose, token: string, tx: Queries): Promise<OneTimeTokenFacts | undefined> {
    return this.look(purpose, token, 'used', tx);
  }

  /**
   * Uses up a token, in the transaction of the change.
   *
   * @param email if given, the token has to be one that was sent to this address.
   */
  async consume(
    purpose: TokenPurpose,
    token: string,
    tx: Queries,
    email: string | null = null,
  ): Promise<OneTimeTokenFacts | undefined> {
    return (await tx.run(CONSUME, [digestOf(purpose, token), purpose, this.clock.now(), email]))[0];
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
    // Without an address, it is from an earlier version, which bound tokens when their email was sent.
    if (!found || found.email === null) return undefined;
    const { userId, boundTo, email } = found;
    return { userId, boundTo, email };
  }

  /** Unpredictable without `SECRET_KEY`. **Source** NIST SP 800-108 §4.1. */
  private tokenOf(purpose: TokenPurpose, emailId: string): Buffer {
    if (!this.key) throw new TypeError('tokens of emails need a key');
    return createHmac('sha256', this.key).update(`${purpose} ${emailId}`).digest().subarray(0, 16);
  }
}

const digestOf = (purpose: TokenPurpose, token: string): Buffer =>
  createHash('sha256').update(`${purpose} ${token}`).digest();

/** The state that a token is bound to, such as the address and password that it changes. **Shape** SHA-256. */
export const stateOf = (...parts: (string | null)[]): Buffer =>
  createHash('sha256').update(JSON.stringify(parts)).digest();

export const isSameState = (one: Buffer, other: Buffer): boolean => timingSafeEqual(one, other);
