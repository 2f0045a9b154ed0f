import { createHmac, type KeyObject, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { type Asker, Passwords } from '../crypto/password.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Profile } from '../hooks/hooks.js';
import { foldedUsername } from '../username.js';
import { PendingRegistration } from './pending-registration.entity.js';

/** The injection token of the key for salts. */
export const SALT_KEY = Symbol('tokenjar.registrationSaltKey');

/** The minimum lifetime of a pending registration. **Unit** seconds. */
const LEAST_LIFETIME = 7 * 86_400;
/** The maximum number of passwords per address; older ones are forgotten. */
const MOST_PASSWORDS = 20;
/** Stands for the hash of a password that was not computed; it equals no other. */
const UNSEEN = '';

/**
 * The row of an address is locked while it changes, so concurrent registrations see each other. One that only contests
 * is recorded only if there is an unverified account with another password.
 */
const ADD = statement<
  [
    email: string,
    passwordHash: string,
    newId: string,
    now: Date,
    expiry: Date,
    onlyToContest: boolean,
    username: string | null,
    usernameFolded: string | null,
    profile: string | null,
  ]
>(
  'pending_registration_add',
  `INSERT INTO tokenjar.pending_registrations AS p
      (email, id, password_hashes, known_until, is_open, expires_at, username, username_folded, profile)
    SELECT $1, $3, ARRAY[$2::text], ARRAY[$5::timestamptz],
      NOT EXISTS (SELECT 1 FROM tokenjar.users WHERE email = $1), $5, $7, $8, $9::jsonb
    WHERE NOT $6::boolean OR EXISTS (
      SELECT 1 FROM tokenjar.users
      WHERE email = $1 AND NOT email_verified AND password_hash IS DISTINCT FROM $2::text
    )
    ON CONFLICT (email) DO UPDATE SET
      id = CASE WHEN p.expires_at <= $4 THEN excluded.id ELSE p.id END,
      is_open = excluded.is_open
        AND (p.expires_at <= $4 OR p.is_open AND p.password_hashes = excluded.password_hashes),
      (password_hashes, known_until) = (
        SELECT array_agg(hash ORDER BY until DESC, place), array_agg(until ORDER BY until DESC, place)
        FROM (
          SELECT $2::text AS hash, $5::timestamptz AS until, 0 AS place
          UNION ALL
          SELECT hash, until, place
          FROM unnest(p.password_hashes, p.known_until) WITH ORDINALITY AS known (hash, until, place)
          WHERE until > $4 AND hash <> $2
          ORDER BY until DESC, place LIMIT ${MOST_PASSWORDS}
        ) AS latest
      ),
      -- An attempt without a name keeps the one before.
      username = coalesce(excluded.username, CASE WHEN p.expires_at > $4 THEN p.username END),
      username_folded = coalesce(excluded.username_folded, CASE WHEN p.expires_at > $4 THEN p.username_folded END),
      profile = coalesce(excluded.profile, CASE WHEN p.expires_at > $4 THEN p.profile END),
      expires_at = excluded.expires_at`,
);

const FIND = statement<[email: string, passwordHash: string, now: Date]>(
  'pending_registration_find',
  `SELECT 1
    FROM tokenjar.pending_registrations p, unnest(p.password_hashes, p.known_until) AS known (hash, until)
    WHERE p.email = $1 AND known.hash = $2 AND known.until > $3`,
);

/**
 * The password is now that of an account, which is checked directly. The registration expires, so an account that is
 * deleted immediately frees the address for a new registration or a change of address.
 */
const SETTLE_OPEN = statement<
  [email: string, id: string, now: Date, newId: string],
  { password_hash: string; username: string | null; profile: Profile | null }
>(
  'pending_registration_settle_open',
  `UPDATE tokenjar.pending_registrations SET id = $4, is_open = false, known_until = ARRAY[$3::timestamptz],
      expires_at = $3
    WHERE email = $1 AND id = $2 AND is_open AND expires_at > $3
    RETURNING password_hashes[1] AS password_hash, username, profile`,
);

/** Ends one for which a new password is chosen. */
const SETTLE = statement<[email: string, id: string, now: Date, newId: string], { username: string | null }>(
  'pending_registration_settle',
  `UPDATE tokenjar.pending_registrations SET id = $4, is_open = false
    WHERE email = $1 AND id = $2 AND expires_at > $3 RETURNING username`,
);

const FIND_ADDRESS = statement<[usernameFolded: string, now: Date], { email: string }>(
  'pending_registration_find_address',
  `SELECT email FROM tokenjar.pending_registrations WHERE username_folded = $1 AND expires_at > $2 LIMIT 1`,
);

/** What a registration asks for. */
export interface Registered {
  email: string;
  username: string | null;
  profile: Profile | null;
}

/**
 * Registrations waiting for verification (`EMAIL_VERIFICATION=mandatory`): the account is created after it.
 *
 * A taken address gets a row like a free one, for the same time and after the same work, so a later login with the
 * registered password reveals nothing either. A password only counts while nobody has entered another one for the
 * address: the owner's click never verifies a password entered by a stranger, whoever came first.
 *
 * **Source** Sudhodanan and Paverd, Pre-hijacked Accounts (USENIX Security 2022); ASVS 5.0 6.3.8.
 */
@Injectable()
export class PendingRegistrations {
  /** Refused registrations, handled one at a time: a flood of them occupies one connection and not all. */
  private turn: Promise<void> = Promise.resolve();
  private readonly waiting = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly passwords: Passwords,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'emailLinkLifetime'>,
    @Inject(SALT_KEY) private readonly key: KeyObject,
  ) {}

  /**
   * The salt for all passwords registered for an address. The same password has the same hash, so one hash tells
   * whether it was entered before, however many there were. **Shape** 16 bytes, pseudorandom.
   */
  saltFor(email: string): Buffer {
    return createHmac('sha256', this.key).update(email).digest().subarray(0, 16);
  }

  /** Records a registration. @param passwordHash with the salt of {@link saltFor}. */
  async add({ email, username, profile }: Registered, passwordHash: string, tx: Queries): Promise<void> {
    await this.note(email, passwordHash, false, tx, username, profile);
  }

  /**
   * Records a registration of an address whose account is not verified, with another password. A link that only
   * verifies the address stops working, because we cannot tell whose password it would verify.
   */
  async contest(email: string, passwordHash: string): Promise<void> {
    await this.note(email, passwordHash, true, this.db);
  }

  /**
   * Records that a registration was refused, whether or not the address is taken. It may have been the owner's, so a
   * click must no longer verify anybody's password.
   */
  contestUnseen(email: string): Promise<void> {
    const waiting = this.waiting.get(email);
    if (waiting) return waiting;
    const contested = this.turn.then(async () => {
      this.waiting.delete(email);
      // The same work whether or not it was open; only that of a free address is.
      await this.db.repository(PendingRegistration).update({ email }, { isOpen: false });
      await this.note(email, UNSEEN, true, this.db);
    });
    this.waiting.set(email, contested);
    this.turn = contested.catch(() => undefined);
    return contested;
  }

  private async note(
    email: string,
    hash: string,
    onlyToContest: boolean,
    queries: Queries,
    username: string | null = null,
    profile: Profile | null = null,
  ): Promise<void> {
    const now = this.clock.now();
    const expiry = addSeconds(now, Math.max(LEAST_LIFETIME, this.options.emailLinkLifetime));
    const folded = username === null ? null : foldedUsername(username);
    const names = [username, folded, profile && JSON.stringify(profile)] as const;
    await queries.run(ADD, [email, hash, randomUUID(), now, expiry, onlyToContest, ...names]);
  }

  /**
   * Whether an address was registered with a password: one hash and one lookup for every address. **Errors**
   * `server_busy`.
   */
  async has(email: string, password: string, asker: Asker): Promise<boolean> {
    const hash = await this.passwords.hash(password, asker, this.saltFor(email));
    return (await this.db.run(FIND, [email, hash, this.clock.now()])).length === 1;
  }

  /**
   * Takes the only password that was entered, for an account. @returns undefined if there are others, or if it is too
   * late.
   */
  async settleOpen(
    email: string,
    id: string,
    tx: Queries,
  ): Promise<{ hash: string; username: string | null; profile: Profile | null } | undefined> {
    const [row] = await tx.run(SETTLE_OPEN, [email, id, this.clock.now(), randomUUID()]);
    return row && { hash: row.password_hash, username: row.username, profile: row.profile };
  }

  /** Ends a registration for which a new password is chosen. @returns its username; undefined if it is too late. */
  async settle(email: string, id: string, tx: Queries): Promise<{ username: string | null } | undefined> {
    return (await tx.run(SETTLE, [email, id, this.clock.now(), randomUUID()]))[0];
  }

  /** The address that was registered with a username, or a text that is none. */
  async addressOf(username: string): Promise<string> {
    const folded = foldedUsername(username);
    const [row] = await this.db.run(FIND_ADDRESS, [folded, this.clock.now()]);
    return row?.email ?? `name ${folded}`;
  }
}
