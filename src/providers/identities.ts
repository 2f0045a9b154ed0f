import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { type By, byOf, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import type { SocialAccountFacts } from '../http/provider-payloads.js';
import { Identity } from './identity.entity.js';
import type { ProviderAccount } from './provider.js';

/** Notes the use of the identity that it finds. */
const USE = statement<
  [issuer: string, subject: string, now: Date, email: string | null, name: string | null],
  { userId: number }
>(
  'identity_use',
  `UPDATE tokenjar.identities SET last_used_at = $3, email = coalesce($4, email),
      name = coalesce($5, name), revoked_at = NULL
    WHERE issuer = $1 AND subject = $2 RETURNING user_id AS "userId"`,
);
/** Nothing if somebody has it. */
const ADD = statement<
  [
    id: string,
    userId: number,
    provider: string,
    issuer: string,
    subject: string,
    email: string | null,
    now: Date,
    name: string | null,
    ...by: By,
  ],
  { id: string }
>(
  'identity_add',
  `WITH added AS (
      INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, email, is_unproven, created_at,
        last_used_at, name)
      SELECT $1, id, $3, $4, $5, $6, NOT email_verified, $7, $7, $8 FROM tokenjar.users WHERE id = $2 ON CONFLICT DO NOTHING RETURNING id, user_id, provider
    ), audited AS (
      ${recorded({ at: '$7', event: 'identity_linked', reason: 'provider', userId: 'user_id', by: 9 }, 'added')}
    )
    SELECT id FROM added`,
);
const REMOVE = statement<[id: string, userId: number, now: Date, ...by: By], { provider: string }>(
  'identity_remove',
  `WITH removed AS (
      DELETE FROM tokenjar.identities WHERE id = $1 AND user_id = $2 RETURNING user_id, provider
    ), audited AS (
      ${recorded({ at: '$3', event: 'identity_unlinked', reason: 'provider', userId: 'user_id', by: 4 }, 'removed')}
    )
    SELECT provider FROM removed`,
);

const OWNER = statement<[issuer: string, subject: string], { userId: number }>(
  'identity_owner',
  'SELECT user_id AS "userId" FROM tokenjar.identities WHERE issuer = $1 AND subject = $2',
);
/** Unless it was used since. */
const FIND_UNUSED = statement<[issuer: string, subject: string, userId: number, until: Date], { id: string }>(
  'identity_find_unused',
  `SELECT id FROM tokenjar.identities
    WHERE issuer = $1 AND subject = $2 AND user_id = $3 AND coalesce(last_used_at, created_at) <= $4
      AND revoked_at IS NULL`,
);
const MARK_REVOKED = statement<[id: string, now: Date]>(
  'identity_mark_revoked',
  'UPDATE tokenjar.identities SET revoked_at = $2 WHERE id = $1',
);

/** Those that were linked before anybody had verified the address of the account. */
const FORGET = statement<[userId: number, now: Date, ...by: By]>(
  'identities_forget',
  `WITH removed AS (
      DELETE FROM tokenjar.identities WHERE user_id = $1 AND is_unproven RETURNING user_id, provider
    ), audited AS (
      ${recorded({ at: '$2', event: 'identity_unlinked', reason: 'provider', userId: 'user_id', by: 3 }, 'removed')}
    )
    SELECT FROM removed`,
);

/** An account at a provider, and the provider's ID in the settings. */
export interface NamedAccount extends Pick<ProviderAccount, 'issuer' | 'subject'> {
  provider: string;
  email?: string | null | undefined;
  name?: string | null | undefined;
}

/** The accounts at providers that are linked to users. */
@Injectable()
export class Identities {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** The user whom an account at a provider is linked to, and notes that it was used. */
  async use(
    { issuer, subject, email, name }: ProviderAccount,
    queries: Queries = this.db,
  ): Promise<number | undefined> {
    const [found] = await queries.run(USE, [issuer, subject, this.clock.now(), email ?? null, name ?? null]);
    return found && Number(found.userId);
  }

  /** Links one. @returns false if it is linked already, to this user or another one. */
  async add(
    userId: number,
    { provider, issuer, subject, email = null, name = null }: NamedAccount,
    tx: Queries,
    caller: Caller,
  ): Promise<boolean> {
    const now = this.clock.now();
    const id = uuidv7({ msecs: now.getTime() });
    const values = [id, userId, provider, issuer, subject, email, now, name, ...byOf(caller)] as const;
    return (await tx.run(ADD, [...values])).length === 1;
  }

  /** Unlinks one. @returns its provider; undefined if the user has no such identity. */
  async remove(id: string, userId: number, tx: Queries, caller: Caller): Promise<string | undefined> {
    return (await tx.run(REMOVE, [id, userId, this.clock.now(), ...byOf(caller)]))[0]?.provider;
  }

  /** The user whom it is linked to. */
  async ownerOf(issuer: string, subject: string): Promise<number | undefined> {
    const [found] = await this.db.run(OWNER, [issuer, subject]);
    return found && Number(found.userId);
  }

  /** The identity of a user, unless it was used after a moment. */
  async findUnused(
    { issuer, subject, userId, until }: { issuer: string; subject: string; userId: number; until: Date },
    tx: Queries,
  ): Promise<{ id: string } | undefined> {
    return (await tx.run(FIND_UNUSED, [issuer, subject, userId, until]))[0];
  }

  /** It is not listed any more, until its user comes with it again. */
  async markRevoked(id: string, tx: Queries): Promise<void> {
    await tx.run(MARK_REVOKED, [id, this.clock.now()]);
  }

  /** Unlinks those that a stranger may have linked, of an account that passes to the owner of its address. */
  async forget(userId: number, tx: Queries, caller: Caller): Promise<void> {
    await tx.run(FORGET, [userId, this.clock.now(), ...byOf(caller)]);
  }

  /** The oldest first. */
  async list(userId: number, queries: Queries = this.db): Promise<SocialAccountFacts[]> {
    const found = await queries
      .repository(Identity)
      .find({ where: { userId, revokedAt: IsNull() }, order: { id: 'ASC' } });
    return found.map(({ id, provider, subject, email, name, createdAt, lastUsedAt }) => ({
      id,
      provider,
      subject,
      email,
      name,
      createdAt,
      lastUsedAt,
    }));
  }
}
