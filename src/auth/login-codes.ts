import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { digestOf, newLoginSecret } from './login-secrets.js';

/** **Unit** seconds. **Source** ASVS 5.0 6.5.5. */
export const CODE_LIFETIME = 600;
/** Wrong codes after which a new one is needed. */
const MOST_FAILURES = 5;
/**
 * Codes of one address in ten minutes, also with `RATE_LIMIT=off`: else anybody could request another one for every five
 * guesses.
 */
const MOST_PENDING = 30;
const DIGITS = 8;

/** The keys that codes are derived from: the first is current, codes of the others still work. */
export type LoginCodeKeys = readonly [KeyObject, ...KeyObject[]];
export const LOGIN_CODE_KEYS = Symbol('tokenjar.loginCodeKeys');

/** A login that waits for a code, as its row has it. */
export interface LoginCodeRow {
  digest: Buffer;
  email: string;
  boundTo: Buffer;
  remember: boolean;
  scope: string | null;
}

/**
 * Also ends the previous ones of the same browser. They stay until they expire, and count: whoever asks again and again
 * from one browser would otherwise guess without end.
 */
const REPLACE = statement<
  [
    digest: Buffer,
    email: string,
    boundTo: Buffer,
    remember: boolean,
    expiry: Date,
    previous: readonly Buffer[],
    now: Date,
    mostPending: number,
    mostFailures: number,
    scope: string | null,
  ]
>(
  'login_code_replace',
  `WITH dropped AS (UPDATE tokenjar.login_codes SET failures = $9 WHERE digest = ANY ($6::bytea[]))
    INSERT INTO tokenjar.login_codes (digest, email, bound_to, remember, expires_at, scope)
    SELECT $1, $2, $3, $4, $5, $10
    WHERE (SELECT count(*) FROM tokenjar.login_codes WHERE email = $2 AND expires_at > $7) < $8
    RETURNING 1`,
);
const FIND = statement<[digests: readonly Buffer[], now: Date, mostFailures: number], LoginCodeRow>(
  'login_code_find',
  `SELECT digest, email, bound_to AS "boundTo", remember, scope FROM tokenjar.login_codes
    WHERE digest = ANY ($1::bytea[]) AND expires_at > $2 AND failures < $3`,
);
/** Counted before it is judged, so that concurrent guesses do not pass together. */
const COUNT_FAILURE = statement<[digest: Buffer, now: Date, mostFailures: number]>(
  'login_code_count_failure',
  `UPDATE tokenjar.login_codes SET failures = failures + 1
    WHERE digest = $1 AND expires_at > $2 AND failures < $3 RETURNING 1`,
);
const CONSUME = statement<[digest: Buffer]>(
  'login_code_consume',
  'DELETE FROM tokenjar.login_codes WHERE digest = $1 RETURNING 1',
);

/**
 * Logins with an emailed code: the secret is in the browser that asked, the code and the key of the link in the email.
 * Both are needed to sign in, so an email scanner that opens the link achieves nothing.
 *
 * **Shape** of the code: 8 digits. Of the key: the digest of the secret and a MAC, 64 bytes, base64url. Neither is
 * stored: both are derived from the digest.
 */
@Injectable()
export class LoginCodes {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    @Inject(LOGIN_CODE_KEYS) private readonly keys: LoginCodeKeys,
  ) {}

  /**
   * Starts a login. @param previous secrets in the request; their codes no longer work. @returns its secret.
   *
   * **Errors** `rate_limited` if the address, known or not, has too many.
   */
  async begin(
    { email, boundTo, remember, scope }: Omit<LoginCodeRow, 'digest'>,
    previous: readonly string[],
    tx: Queries,
  ): Promise<{ secret: string; digest: string }> {
    const secret = newLoginSecret();
    const digest = digestOf(secret);
    const now = this.clock.now();
    const facts = [digest, email, boundTo, remember, addSeconds(now, CODE_LIFETIME)] as const;
    const limits = [now, MOST_PENDING, MOST_FAILURES, scope] as const;
    if ((await tx.run(REPLACE, [...facts, previous.map(digestOf), ...limits])).length === 0)
      throw new TokenjarError('rate_limited', {
        retryAfter: CODE_LIFETIME,
        limit: { name: 'login-codes', quota: MOST_PENDING, window: CODE_LIFETIME },
      });
    return { secret, digest: digest.toString('base64url') };
  }

  /** Finds the live one among the given secrets. If there are two, one was planted. **Errors** `login_expired`. */
  async find(secrets: readonly string[]): Promise<LoginCodeRow> {
    const [row, ...others] = await this.findAll([...new Set(secrets)].map(digestOf));
    if (!row || others.length > 0) throw new TokenjarError('login_expired');
    return row;
  }

  /** The code for the key of a link, without using it up. **Errors** `login_expired`. */
  async codeOf(key: string): Promise<string> {
    const digest = this.digestIn(key);
    const [row] = digest ? await this.findAll([digest]) : [];
    if (!row) throw new TokenjarError('login_expired');
    return codeFrom(this.keys[0], row.digest);
  }

  /** What the email of a login contains; undefined if it is over. @param digest as {@link begin} returned it. */
  async contentOf(digest: string): Promise<{ code: string; key: string } | undefined> {
    const [row] = await this.findAll([Buffer.from(digest, 'base64url')]);
    if (!row) return undefined;
    const [key] = this.keys;
    return { code: codeFrom(key, row.digest), key: keyFrom(key, row.digest).toString('base64url') };
  }

  /**
   * Verifies a code or a key, and counts a wrong one.
   *
   * **Errors** `code_wrong`; `login_expired` after too many.
   */
  async verify({ digest }: LoginCodeRow, { code, key }: { code?: string; key?: string }): Promise<void> {
    if ((await this.db.run(COUNT_FAILURE, [digest, this.clock.now(), MOST_FAILURES])).length === 0)
      throw new TokenjarError('login_expired');
    const typed = code?.replaceAll(/[\s-]/g, '') ?? '';
    const isRight =
      code === undefined
        ? key !== undefined && this.digestIn(key)?.equals(digest) === true
        : this.keys.some((each) => isSame(Buffer.from(typed), Buffer.from(codeFrom(each, digest))));
    if (!isRight) throw new TokenjarError('code_wrong');
  }

  /** Uses one up. **Errors** `login_expired` if another request has. */
  async consume({ digest }: LoginCodeRow, tx: Queries): Promise<void> {
    if ((await tx.run(CONSUME, [digest])).length === 0) throw new TokenjarError('login_expired');
  }

  private findAll(digests: readonly Buffer[]): Promise<LoginCodeRow[]> {
    return digests.length === 0
      ? Promise.resolve([])
      : this.db.run(FIND, [digests, this.clock.now(), MOST_FAILURES]);
  }

  /** The digest in a key that we have made. */
  private digestIn(key: string): Buffer | undefined {
    const bytes = Buffer.from(key, 'base64url');
    const digest = bytes.subarray(0, 32);
    return this.keys.some((each) => isSame(bytes, keyFrom(each, digest))) ? digest : undefined;
  }
}

const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

const codeFrom = (key: KeyObject, digest: Buffer): string => {
  const mac = createHmac('sha256', key).update('code').update(digest).digest();
  return String(mac.readBigUInt64BE() % 10n ** BigInt(DIGITS)).padStart(DIGITS, '0');
};

const keyFrom = (key: KeyObject, digest: Buffer): Buffer =>
  Buffer.concat([digest, createHmac('sha256', key).update('link').update(digest).digest()]);
