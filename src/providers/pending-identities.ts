import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { NamedAccount } from './identities.js';

/** **Unit** seconds. */
export const PENDING_LIFETIME = 600;
/** Of one account at a time, so that nobody fills the table. */
const MOST_PENDING = 30;

/** One that waits for an address. */
export interface WaitingIdentity extends NamedAccount {
  digest: Buffer;
  remember: boolean;
  scope: string | null;
}

/** What the session is to be like. */
export interface WantedSession {
  remember: boolean;
  scope?: string | null | undefined;
}

const ADD = statement<
  [
    digest: Buffer,
    userId: number,
    provider: string,
    issuer: string,
    subject: string,
    email: string | null,
    name: string | null,
    expiry: Date,
    now: Date,
    most: number,
  ]
>(
  'pending_identity_add',
  `INSERT INTO tokenjar.pending_identities (digest, user_id, provider, issuer, subject, email, name, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8
    WHERE (SELECT count(*) FROM tokenjar.pending_identities WHERE user_id = $2 AND expires_at > $9) < $10
    RETURNING 1`,
);
const CONSUME = statement<[digests: readonly Buffer[], userId: number, now: Date], NamedAccount>(
  'pending_identity_consume',
  `DELETE FROM tokenjar.pending_identities WHERE digest = ANY ($1::bytea[]) AND user_id = $2 AND expires_at > $3
    RETURNING provider, issuer, subject, email, name`,
);

const ADD_UNKNOWN = statement<
  [
    digest: Buffer,
    provider: string,
    issuer: string,
    subject: string,
    email: string | null,
    name: string | null,
    expiry: Date,
    remember: boolean,
    scope: string | null,
  ]
>(
  'pending_identity_add_unknown',
  `INSERT INTO tokenjar.pending_identities
      (digest, provider, issuer, subject, email, name, expires_at, remember, scope)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);
/** One that waits for an address. */
const NAME_CODE = statement<[digests: readonly Buffer[], codeDigest: Buffer, now: Date], { digest: Buffer }>(
  'pending_identity_name_code',
  `UPDATE tokenjar.pending_identities SET code_digest = $2
    WHERE digest = ANY ($1::bytea[]) AND user_id IS NULL AND expires_at > $3 RETURNING digest`,
);
const FIND_BY_CODE = statement<[codeDigest: Buffer, now: Date], WaitingIdentity>(
  'pending_identity_find_by_code',
  `SELECT digest, provider, issuer, subject, email, name, remember, scope FROM tokenjar.pending_identities
    WHERE code_digest = $1 AND user_id IS NULL AND expires_at > $2`,
);
/** From then on it waits for a sign-in to this account. */
const HAND_OVER = statement<[digest: Buffer, userId: number]>(
  'pending_identity_hand_over',
  'UPDATE tokenjar.pending_identities SET user_id = $2, code_digest = NULL WHERE digest = $1',
);
const REMOVE = statement<[digest: Buffer]>(
  'pending_identity_remove',
  'DELETE FROM tokenjar.pending_identities WHERE digest = $1',
);

/**
 * Accounts at providers that wait for a sign-in to be linked: their address has an account, whose owner has to sign in
 * to it as usual, in the same browser.
 *
 * **Shape** of the secret: 32 random bytes, base64url. The database contains only its digest.
 */
@Injectable()
export class PendingIdentities {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @returns the secret for the browser; undefined if the account has too many that wait. */
  async add(
    userId: number,
    { provider, issuer, subject, email, name }: NamedAccount,
  ): Promise<string | undefined> {
    const secret = randomBytes(32).toString('base64url');
    const now = this.clock.now();
    const expiry = addSeconds(now, PENDING_LIFETIME);
    const account = [provider, issuer, subject, email ?? null, name ?? null] as const;
    const added = await this.db.run(ADD, [digestOf(secret), userId, ...account, expiry, now, MOST_PENDING]);
    return added.length === 1 ? secret : undefined;
  }

  /** One whose user has to name an address. @returns the secret for the browser. */
  async addUnknown(
    { provider, issuer, subject, email, name }: NamedAccount,
    { remember, scope }: WantedSession,
  ): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const expiry = addSeconds(this.clock.now(), PENDING_LIFETIME);
    const account = [provider, issuer, subject, email ?? null, name ?? null] as const;
    await this.db.run(ADD_UNKNOWN, [digestOf(secret), ...account, expiry, remember, scope ?? null]);
    return secret;
  }

  /**
   * Notes the login code that will confirm the address of the one that waits in a browser.
   *
   * @returns false if none waits, or several: then one was planted.
   */
  async nameCode(secrets: readonly string[], codeDigest: Buffer, tx: Queries): Promise<boolean> {
    const digests = [...new Set(secrets)].map(digestOf);
    return (await tx.run(NAME_CODE, [digests, codeDigest, this.clock.now()])).length === 1;
  }

  async findByCode(codeDigest: Buffer): Promise<WaitingIdentity | undefined> {
    return (await this.db.run(FIND_BY_CODE, [codeDigest, this.clock.now()]))[0];
  }

  /** Lets one wait for a sign-in to this account. */
  async handOver(digest: Buffer, userId: number): Promise<void> {
    await this.db.run(HAND_OVER, [digest, userId]);
  }

  async remove(digest: Buffer): Promise<void> {
    await this.db.run(REMOVE, [digest]);
  }

  /** Uses up those of an account among the secrets of a browser. */
  consume(secrets: readonly string[], userId: number, tx: Queries): Promise<NamedAccount[]> {
    return tx.run(CONSUME, [[...new Set(secrets)].map(digestOf), userId, this.clock.now()]);
  }
}

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
