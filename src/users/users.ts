import { Injectable } from '@nestjs/common';
import { type By, byOf, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Caller } from '../http/caller.js';
import { TokenjarError } from '../errors.js';
import { normalAddress } from '../email-address.js';
import { User } from './user.entity.js';

/** An account as the slices see it. */
export interface Account {
  id: number;
  email: string;
  emailVerified: boolean;
  passwordHash: string | null;
  isActive: boolean;
  roles: string[];
  locale: string | null;
  createdAt: Date;
  /**
   * Moves with every new password, address and deactivation, not with a new hash of the same password: known devices and
   * the links of mails are those of one epoch.
   */
  credentialsEpoch: number;
}

/** An account as it is once its password was replaced. */
export const withNewPassword = (account: Account): Account => ({
  ...account,
  credentialsEpoch: account.credentialsEpoch + 1,
});

interface UserRow {
  id: string;
  email: string;
  email_verified: boolean;
  password_hash: string | null;
  is_active: boolean;
  roles: string[];
  locale: string | null;
  created_at: Date;
  credentials_epoch: number;
}

/** An account as it was when something was asked for. */
export type SeenAccount = Pick<Account, 'id' | 'credentialsEpoch'>;

const COLUMNS =
  'id, email, email_verified, password_hash, is_active, roles, locale, created_at, credentials_epoch';

const FIND_BY_EMAIL = statement<[email: string], UserRow>(
  'user_find_by_email',
  `SELECT ${COLUMNS} FROM tokenjar.users WHERE email = $1`,
);
const FIND_BY_ID = statement<[id: number], UserRow>(
  'user_find_by_id',
  `SELECT ${COLUMNS} FROM tokenjar.users WHERE id = $1`,
);
const CREATE = statement<
  [email: string, passwordHash: string, now: Date, ...by: By, isVerified: boolean],
  UserRow
>(
  'user_create',
  `WITH created AS (
      INSERT INTO tokenjar.users (email, password_hash, created_at, email_verified) VALUES ($1, $2, $3, $7)
      ON CONFLICT (email) DO NOTHING RETURNING ${COLUMNS}
    ), audited AS (
      ${recorded({ at: '$3', event: 'registration', userId: 'id', by: 4 }, 'created')}
    )
    SELECT * FROM created`,
);
const SET_LOCALE = statement<[id: number, locale: string | null], UserRow>(
  'user_set_locale',
  `UPDATE tokenjar.users SET locale = $2 WHERE id = $1 AND is_active RETURNING ${COLUMNS}`,
);
const ACTIVATE = statement<[id: number, now: Date, ...by: By]>(
  'user_activate',
  `WITH activated AS (
      UPDATE tokenjar.users SET is_active = true WHERE id = $1 AND NOT is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$2', event: 'user_activated', userId: 'id', by: 3 }, 'activated')}
    )
    SELECT id FROM activated`,
);
/** Only over the hash that was checked, so that of two changes at once one wins and the other is told. */
const REPLACE_PASSWORD_HASH = statement<
  [id: number, checkedHash: string, newHash: string, now: Date, ...by: By]
>(
  'user_replace_password_hash',
  `WITH changed AS (
      UPDATE tokenjar.users SET password_hash = $3, credentials_epoch = credentials_epoch + 1
      WHERE id = $1 AND password_hash = $2 AND is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$4', event: 'password_change', userId: 'id', by: 5 }, 'changed')}
    )
    SELECT id FROM changed`,
);
/** Only over the epoch that was seen. */
const SET_VERIFIED = statement<[id: number, epoch: number]>(
  'user_set_verified',
  `UPDATE tokenjar.users SET email_verified = true
    WHERE id = $1 AND credentials_epoch = $2 AND is_active RETURNING id`,
);
/** As {@link SET_VERIFIED}. */
const RESET_PASSWORD = statement<[id: number, epoch: number, newHash: string]>(
  'user_reset_password',
  `UPDATE tokenjar.users SET password_hash = $3, email_verified = true, credentials_epoch = credentials_epoch + 1
    WHERE id = $1 AND credentials_epoch = $2 AND is_active RETURNING id`,
);
/** As {@link SET_VERIFIED}; nothing where the address has an account by now. */
const SET_EMAIL = statement<[id: number, epoch: number, email: string]>(
  'user_set_email',
  `UPDATE tokenjar.users SET email = $3, email_verified = true, credentials_epoch = credentials_epoch + 1
    WHERE id = $1 AND credentials_epoch = $2 AND is_active
      AND NOT EXISTS (SELECT 1 FROM tokenjar.users WHERE email = $3) RETURNING id`,
);
/** A new hash of the same password: the setting holds for this statement, and tells the trigger that moves the epoch. */
const RENEW_HASH = statement<[id: number, verifiedHash: string, newHash: string]>(
  'user_renew_hash',
  `WITH same_password AS MATERIALIZED (SELECT set_config('tokenjar.same_password', 'on', true) AS setting)
    UPDATE tokenjar.users u SET password_hash = $3
    FROM same_password WHERE u.id = $1 AND u.password_hash = $2 AND setting = 'on'`,
);
const NOTE_LOGIN = statement<[id: number, now: Date]>(
  'user_note_login',
  'UPDATE tokenjar.users SET last_login_at = $2 WHERE id = $1',
);

/** The accounts. */
@Injectable()
export class Users {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @param email however it is written. */
  async findByEmail(email: string): Promise<Account | undefined> {
    return first(await this.db.run(FIND_BY_EMAIL, [normalAddress(email) ?? email]));
  }

  async findById(id: number, queries: Queries = this.db): Promise<Account | undefined> {
    return first(await queries.run(FIND_BY_ID, [id]));
  }

  /** Adds an account; `undefined` when the address has one. **Errors** `input_invalid` for what is no address. */
  async create(
    email: string,
    passwordHash: string,
    queries: Queries = this.db,
    by?: Caller,
    isVerified = false,
  ): Promise<Account | undefined> {
    const now = this.clock.now();
    return first(await queries.run(CREATE, [keptAddress(email), passwordHash, now, ...byOf(by), isVerified]));
  }

  async setLocale(id: number, locale: string | null): Promise<Account | undefined> {
    return first(await this.db.run(SET_LOCALE, [id, locale]));
  }

  /** Lets a deactivated user sign in again. Ending it the other way is {@link SessionEnding.deactivateUser}. */
  async activate(id: number, by?: Caller): Promise<void> {
    await this.db.run(ACTIVATE, [id, this.clock.now(), ...byOf(by)]);
  }

  /** @returns false when the hash is no longer `checkedHash`, or the account is gone or deactivated. */
  async replacePasswordHash(
    id: number,
    checkedHash: string,
    newHash: string,
    tx: Queries,
    by?: Caller,
  ): Promise<boolean> {
    const now = this.clock.now();
    const changed = await tx.run(REPLACE_PASSWORD_HASH, [id, checkedHash, newHash, now, ...byOf(by)]);
    return changed.length === 1;
  }

  /** @returns false when the account is another one than was seen, or gone or deactivated. */
  async setVerified({ id, credentialsEpoch }: SeenAccount, tx: Queries): Promise<boolean> {
    return (await tx.run(SET_VERIFIED, [id, credentialsEpoch])).length === 1;
  }

  /** Sets a password for whoever has shown to read the mailbox. @returns false when the account has changed since. */
  async resetPassword({ id, credentialsEpoch }: SeenAccount, newHash: string, tx: Queries): Promise<boolean> {
    return (await tx.run(RESET_PASSWORD, [id, credentialsEpoch, newHash])).length === 1;
  }

  /**
   * @returns false when the new address has an account, or the account has changed since.
   * **Errors** `input_invalid` for what is no address.
   */
  async setEmail({ id, credentialsEpoch }: SeenAccount, email: string, tx: Queries): Promise<boolean> {
    try {
      return (await tx.run(SET_EMAIL, [id, credentialsEpoch, keptAddress(email)])).length === 1;
    } catch (error) {
      // Somebody registered it at this very moment.
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  /** Replaces the hash by another one of the same password. */
  async renewHash(id: number, checkedHash: string, newHash: string): Promise<void> {
    await this.db.run(RENEW_HASH, [id, checkedHash, newHash]);
  }

  async noteLogin(id: number, at: Date): Promise<void> {
    await this.db.run(NOTE_LOGIN, [id, at]);
  }

  /** The entity's repository, for a host and for what need not be fast. */
  get repository() {
    return this.db.repository(User);
  }
}

/** Nobody could sign in with an address that is kept in another form. */
function keptAddress(email: string): string {
  const address = normalAddress(email);
  if (address !== undefined) return address;
  throw new TokenjarError('input_invalid', { errors: { email: ['This is not a valid email address.'] } });
}

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';

function first([row]: UserRow[]): Account | undefined {
  return (
    row && {
      id: Number(row.id),
      email: row.email,
      emailVerified: row.email_verified,
      passwordHash: row.password_hash,
      isActive: row.is_active,
      roles: row.roles,
      locale: row.locale,
      createdAt: row.created_at,
      credentialsEpoch: row.credentials_epoch,
    }
  );
}
