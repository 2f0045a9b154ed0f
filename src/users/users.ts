import { Injectable } from '@nestjs/common';
import { byOf, type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { columnsOf } from '../database/columns.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import { TokenjarError } from '../errors.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { hookUserOf, type Profile } from '../hooks/hooks.js';
import { isUniqueViolation } from '../database/unique-violation.js';
import { normalAddress } from '../email-address.js';
import { type UsernameValues, usernameValues } from '../username.js';
import {
  PROVE_ADDRESS,
  RENEW_HASH,
  REPLACE_PASSWORD_HASH,
  RESET_PASSWORD,
  SET_EMAIL,
} from './credential-statements.js';
import { type SeenUser, User, USER_FIELDS } from './user.entity.js';
import { Usernames } from './usernames.js';

/** A user after the password was replaced. */
export const withNewPassword = (user: User): User => ({
  ...user,
  credentialsEpoch: user.credentialsEpoch + 1,
});

const COLUMNS = columnsOf('u', USER_FIELDS);

const FIND_BY_EMAIL = statement<[email: string], User>(
  'user_by_email',
  `SELECT ${COLUMNS} FROM tokenjar.users u WHERE u.email = $1`,
);
const FIND_BY_ID = statement<[id: number], User>(
  'user_by_id',
  `SELECT ${COLUMNS} FROM tokenjar.users u WHERE u.id = $1`,
);
const PAGE = statement<[after: number, most: number, role: string | null], User>(
  'users_page',
  `SELECT ${COLUMNS} FROM tokenjar.users u
    WHERE u.id > $1 AND ($3::text IS NULL OR u.roles <> '{}' AND u.roles @> ARRAY[$3]) ORDER BY u.id LIMIT $2`,
);

type CreateValues = [
  email: string | null,
  passwordHash: string | null,
  now: Date,
  ...by: OrderedBy,
  isVerified: boolean,
  ...UsernameValues,
  profile: string | null,
];

const CREATE = statement<CreateValues, User>(
  'user_create',
  `WITH created AS (
      INSERT INTO tokenjar.users AS u
        (email, password_hash, created_at, email_verified, username, username_folded, username_skeleton,
          profile)
      VALUES ($1, $2, $3, $8, $9, $10, $11, $12::jsonb)
      ON CONFLICT DO NOTHING RETURNING ${COLUMNS}
    ), audited AS (
      ${recorded({ at: '$3', event: 'registration', userId: 'id', by: 4, actor: '$7::text' }, 'created')}
    )
    SELECT * FROM created`,
);
/** Recorded where it was another one. */
const SET_LOCALE = statement<[id: number, locale: string | null, now: Date, ...by: OrderedBy], User>(
  'user_set_locale',
  `WITH was AS (
      SELECT id FROM tokenjar.users WHERE id = $1 AND locale IS DISTINCT FROM $2
    ), changed AS (
      UPDATE tokenjar.users u SET locale = $2 WHERE id = $1 AND is_active RETURNING ${COLUMNS}
    ), audited AS (
      ${recorded({ at: '$3', event: 'user_changed', reason: `'locale=' || coalesce($2, '')`, userId: 'id', by: 4, actor: '$7::text' }, 'changed JOIN was USING (id)')}
    )
    SELECT * FROM changed`,
);
const ACTIVATE = statement<[id: number, now: Date, ...by: OrderedBy]>(
  'user_activate',
  `WITH activated AS (
      UPDATE tokenjar.users SET is_active = true WHERE id = $1 AND NOT is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$2', event: 'user_activated', userId: 'id', by: 3, actor: '$6::text' }, 'activated')}
    )
    SELECT id FROM activated`,
);
/** Users. Raw SQL where the audit record is part of the statement, or on the way of a sign-in, for a plan that is kept. */
@Injectable()
export class Users {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly hooks: HookCalls,
    private readonly usernames: Usernames,
  ) {}

  /** @param email in any form. */
  async findByEmail(email: string, queries: Queries = this.db): Promise<User | undefined> {
    return (await queries.run(FIND_BY_EMAIL, [normalAddress(email) ?? email]))[0];
  }

  async findById(id: number, queries: Queries = this.db): Promise<User | undefined> {
    return (await queries.run(FIND_BY_ID, [id]))[0];
  }

  /** The users after an ID, in the order of their IDs. @param role only those who have it. */
  page(after: number, most: number, role?: string): Promise<User[]> {
    return this.db.run(PAGE, [after, most, role ?? null]);
  }

  /**
   * Adds an account; `undefined` if the address already has one, or somebody has the username.
   *
   * @param passwordHash null for an account without a password. @param username as {@link Usernames.demand} returns it.
   * @param profile as {@link Profiles.begun} returns it.
   * **Errors** `input_invalid` if it is not an address, `hook_failed`.
   */
  async create(
    email: string | null,
    passwordHash: string | null,
    queries: Queries = this.db,
    by?: Caller,
    isVerified = false,
    username: string | null = null,
    profile: Profile | null = null,
  ): Promise<User | undefined> {
    const now = this.clock.now();
    const names = usernameValues(username);
    const kept = email === null ? null : keptAddress(email);
    const fields = profile && JSON.stringify(profile);
    const values: CreateValues = [kept, passwordHash, now, ...orderedBy(by), isVerified, ...names, fields];
    if (username === null && !this.hooks.has('afterRegistration'))
      return (await queries.run(CREATE, values))[0];
    const create = async (tx: Queries) =>
      username === null || (await this.usernames.claim(username, { email: kept }, tx))
        ? this.createWithHook(values, tx)
        : undefined;
    return queries === this.db ? this.db.transaction(create) : create(queries);
  }

  private async createWithHook(values: CreateValues, tx: Queries): Promise<User | undefined> {
    const [user] = await tx.run(CREATE, values);
    const { manager } = tx.repository(User);
    if (user)
      await this.hooks.call('afterRegistration', hookUserOf(user), { manager, profile: user.profile });
    return user;
  }

  async setLocale(id: number, locale: string | null, by?: Caller): Promise<User | undefined> {
    return (await this.db.run(SET_LOCALE, [id, locale, this.clock.now(), ...orderedBy(by)]))[0];
  }

  /** Lets a deactivated user sign in again. The opposite is {@link SessionEnding.deactivateUser}. */
  async activate(id: number, by?: Caller, queries: Queries = this.db): Promise<void> {
    await queries.run(ACTIVATE, [id, this.clock.now(), ...orderedBy(by)]);
  }

  /** @returns false if the credentials have changed meanwhile, or the account is gone or deactivated. */
  async replacePasswordHash(
    { id, credentialsEpoch }: SeenUser,
    newHash: string,
    tx: Queries,
    by?: Caller,
  ): Promise<boolean> {
    const now = this.clock.now();
    const changed = await tx.run(REPLACE_PASSWORD_HASH, [
      id,
      credentialsEpoch,
      newHash,
      now,
      ...orderedBy(by),
    ]);
    return changed.length === 1;
  }

  /**
   * @param isByHolder whether it was verified by somebody who has signed in to the account, whose factors are theirs then.
   * @returns false if the account has changed since it was read, or is gone or deactivated.
   */
  async setVerified({ id, credentialsEpoch }: SeenUser, isByHolder: boolean, tx: Queries): Promise<boolean> {
    const seen = { id, credentialsEpoch, isActive: true };
    const change = { emailVerified: true, ...(isByHolder && { hasUnprovenFactors: false }) };
    return (await tx.repository(User).update(seen, change)).affected === 1;
  }

  /**
   * Sets a password for a user who has proven control of the mailbox; or, without an address, who was given a link.
   *
   * @returns whether nobody had proven until then that the address and the factors have one owner; undefined if the
   * account has changed meanwhile.
   */
  async resetPassword(
    { id, credentialsEpoch }: SeenUser,
    newHash: string,
    tx: Queries,
  ): Promise<{ wasUnproven: boolean } | undefined> {
    return (await tx.run(RESET_PASSWORD, [id, credentialsEpoch, newHash]))[0];
  }

  /** Verifies the address and removes the password. @returns false if the account has changed meanwhile. */
  async proveAddress({ id, credentialsEpoch }: SeenUser, tx: Queries): Promise<boolean> {
    return (await tx.run(PROVE_ADDRESS, [id, credentialsEpoch])).length === 1;
  }

  /**
   * @param isByHolder as for {@link setVerified}: without a former address, no other proof of the factors would follow.
   * @returns false if the new address has an account, or the account has changed meanwhile.
   * **Errors** `input_invalid` if it is not an address.
   */
  async setEmail(
    { id, credentialsEpoch }: SeenUser,
    email: string,
    isByHolder: boolean,
    tx: Queries,
  ): Promise<boolean> {
    try {
      return (await tx.run(SET_EMAIL, [id, credentialsEpoch, keptAddress(email), isByHolder])).length === 1;
    } catch (error) {
      // Somebody else has just registered it.
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  /** Replaces the hash by another one of the same password. */
  async renewHash(id: number, checkedHash: string, newHash: string, by?: Caller): Promise<void> {
    await this.db.run(RENEW_HASH, [id, checkedHash, newHash, this.clock.now(), ...byOf(by)]);
  }

  async noteLogin(id: number, at: Date): Promise<void> {
    await this.repository.update({ id }, { lastLoginAt: at });
  }

  /** The entity's repository, for hosts and for code that need not be fast. */
  get repository() {
    return this.db.repository(User);
  }
}

/** Nobody could sign in with an address stored in another form. */
function keptAddress(email: string): string {
  const address = normalAddress(email);
  if (address !== undefined) return address;
  throw new TokenjarError('input_invalid', { errors: { email: ['This is not a valid email address.'] } });
}
