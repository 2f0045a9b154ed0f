import { Injectable } from '@nestjs/common';
import { byOf, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import type { Caller } from '../http/caller.js';
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
  /** Moves with every new password, not with a new hash of the same: known devices are those of one epoch. */
  deviceEpoch: number;
}

/** An account as it is once its password was replaced. */
export const withNewPassword = (account: Account): Account => ({
  ...account,
  deviceEpoch: account.deviceEpoch + 1,
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
  device_epoch: number;
}

const COLUMNS =
  'id, email, email_verified, password_hash, is_active, roles, locale, created_at, device_epoch';

const FIND_BY_EMAIL = {
  name: 'user_find_by_email',
  text: `SELECT ${COLUMNS} FROM tokenjar.users WHERE email = $1`,
};
const FIND_BY_ID = {
  name: 'user_find_by_id',
  text: `SELECT ${COLUMNS} FROM tokenjar.users WHERE id = $1`,
};
const CREATE = {
  name: 'user_create',
  text: `WITH created AS (
      INSERT INTO tokenjar.users (email, password_hash, created_at) VALUES ($1, $2, $3)
      ON CONFLICT (email) DO NOTHING RETURNING ${COLUMNS}
    ), audited AS (
      ${recorded({ at: '$3', event: 'registration', userId: 'id', by: 4 }, 'created')}
    )
    SELECT * FROM created`,
};
const SET_LOCALE = {
  name: 'user_set_locale',
  text: `UPDATE tokenjar.users SET locale = $2 WHERE id = $1 AND is_active RETURNING ${COLUMNS}`,
};
const ACTIVATE = {
  name: 'user_activate',
  text: `WITH activated AS (
      UPDATE tokenjar.users SET is_active = true WHERE id = $1 AND NOT is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$2', event: 'user_activated', userId: 'id', by: 3 }, 'activated')}
    )
    SELECT id FROM activated`,
};
/** Only over the hash that was checked, so that of two changes at once one wins and the other is told. */
const REPLACE_PASSWORD_HASH = {
  name: 'user_replace_password_hash',
  text: `WITH changed AS (
      UPDATE tokenjar.users SET password_hash = $3, device_epoch = device_epoch + 1
      WHERE id = $1 AND password_hash = $2 AND is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$4', event: 'password_change', userId: 'id', by: 5 }, 'changed')}
    )
    SELECT id FROM changed`,
};
/** $1 id, $2 the address that was verified */
const SET_VERIFIED = {
  name: 'user_set_verified',
  text: `UPDATE tokenjar.users SET email_verified = true
    WHERE id = $1 AND email = $2 AND is_active RETURNING id`,
};
/** $1 id, $2 address and $3 password hash as they were seen, $4 the new hash */
const RESET_PASSWORD = {
  name: 'user_reset_password',
  text: `UPDATE tokenjar.users SET password_hash = $4, device_epoch = device_epoch + 1, email_verified = true
    WHERE id = $1 AND email = $2 AND password_hash IS NOT DISTINCT FROM $3::text AND is_active RETURNING id`,
};
/** Nothing where the address has an account by now. $1 id, $2 the address as it was seen, $3 the new one */
const SET_EMAIL = {
  name: 'user_set_email',
  text: `UPDATE tokenjar.users SET email = $3, email_verified = true
    WHERE id = $1 AND email = $2 AND is_active
      AND NOT EXISTS (SELECT 1 FROM tokenjar.users WHERE email = $3) RETURNING id`,
};
const NOTE_LOGIN = {
  name: 'user_note_login',
  text: `UPDATE tokenjar.users
    SET password_hash = coalesce($3, password_hash), last_login_at = coalesce($4, last_login_at)
    WHERE id = $1 AND password_hash = $2`,
};

/** The accounts. */
@Injectable()
export class Users {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** @param email in lower case, as the schemas at the edge make it. */
  async findByEmail(email: string): Promise<Account | undefined> {
    return first(await this.db.run<UserRow>(FIND_BY_EMAIL, [email]));
  }

  async findById(id: number, queries: Queries = this.db): Promise<Account | undefined> {
    return first(await queries.run<UserRow>(FIND_BY_ID, [id]));
  }

  /** Adds an account; `undefined` when the address has one. */
  async create(
    email: string,
    passwordHash: string,
    queries: Queries = this.db,
    by?: Caller,
  ): Promise<Account | undefined> {
    const values = [email, passwordHash, this.clock.now(), ...byOf(by)];
    return first(await queries.run<UserRow>(CREATE, values));
  }

  async setLocale(id: number, locale: string | null): Promise<Account | undefined> {
    return first(await this.db.run<UserRow>(SET_LOCALE, [id, locale]));
  }

  /** Lets a deactivated user sign in again. Ending it the other way is {@link SessionEnding.deactivateUser}. */
  async activate(id: number): Promise<void> {
    await this.db.run(ACTIVATE, [id, this.clock.now(), ...byOf(undefined)]);
  }

  /** @returns false when the hash is no longer `checkedHash`, or the account is gone or deactivated. */
  async replacePasswordHash(
    id: number,
    checkedHash: string,
    newHash: string,
    tx: Queries,
    by?: Caller,
  ): Promise<boolean> {
    const values = [id, checkedHash, newHash, this.clock.now(), ...byOf(by)];
    return (await tx.run(REPLACE_PASSWORD_HASH, values)).length === 1;
  }

  /** @returns false when the address is no longer `email`, or the account is gone or deactivated. */
  async setVerified(id: number, email: string, tx: Queries): Promise<boolean> {
    return (await tx.run(SET_VERIFIED, [id, email])).length === 1;
  }

  /** Sets a password for whoever has shown to read the mailbox. @returns false when the account has changed since. */
  async resetPassword(seen: Account, newHash: string, tx: Queries): Promise<boolean> {
    return (await tx.run(RESET_PASSWORD, [seen.id, seen.email, seen.passwordHash, newHash])).length === 1;
  }

  /** @returns false when the new address has an account. */
  async setEmail(id: number, seen: string, email: string, tx: Queries): Promise<boolean> {
    try {
      return (await tx.run(SET_EMAIL, [id, seen, email])).length === 1;
    } catch (error) {
      // Somebody registered it at this very moment.
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  /** What a login leaves behind: a hash of today's parameters, the time. */
  async noteLogin(id: number, checkedHash: string, better: { hash?: string; at?: Date }): Promise<void> {
    await this.db.run(NOTE_LOGIN, [id, checkedHash, better.hash ?? null, better.at ?? null]);
  }

  /** The entity's repository, for a host and for what need not be fast. */
  get repository() {
    return this.db.repository(User);
  }
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
      deviceEpoch: row.device_epoch,
    }
  );
}
