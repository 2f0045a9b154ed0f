import { type OrderedBy, recorded } from '../audit/audit.js';
import { statement } from '../database/statement.js';
import type { UsernameValues } from '../username.js';

export interface TakenRow {
  id: number;
  publicId: string;
  email: string | null;
  username: string | null;
  folded: string | null;
}

/** Accounts here that have something that those who come are to have. */
export const FIND_TAKEN = statement<
  [
    ids: readonly number[],
    emails: readonly string[],
    usernames: readonly string[],
    folded: readonly string[],
    publicIds: readonly string[],
  ],
  TakenRow
>(
  'transfer_taken_find',
  `SELECT id, public_id AS "publicId", email, username, username_folded AS folded FROM tokenjar.users
    WHERE id = ANY ($1::bigint[]) OR email = ANY ($2::text[]) OR username = ANY ($3::text[])
      OR username_folded COLLATE "C" = ANY ($4::text[]) OR public_id = ANY ($5::uuid[])`,
);

/** IDs are kept, so those that are given from now on come after all of theirs. */
export const RAISE_IDS = statement<[least: number]>(
  '',
  `SELECT setval(pg_get_serial_sequence('tokenjar.users', 'id'),
      greatest((SELECT coalesce(max(id), 1) FROM tokenjar.users), $1::bigint, (
        SELECT last_value FROM pg_sequences
        WHERE schemaname = 'tokenjar' AND schemaname || '.' || sequencename
          = pg_get_serial_sequence('tokenjar.users', 'id'))))`,
);

export const NEW_IDS = statement<[count: number], { id: number }>(
  'transfer_ids',
  `SELECT nextval(pg_get_serial_sequence('tokenjar.users', 'id'))::bigint AS id FROM generate_series(1, $1::int)`,
);

/** @param rows as JSON. */
export const ADD_USERS = statement<[rows: string]>(
  'transfer_users_add',
  `INSERT INTO tokenjar.users (id, public_id, email, email_verified, username, username_folded, username_skeleton,
      username_is_exact, password_hash, is_active, roles, created_at, last_login_at) OVERRIDING SYSTEM VALUE
    SELECT id, coalesce(public_id, gen_random_uuid()), email, email_verified, username, username_folded, username_skeleton, username_is_exact, password_hash,
      is_active, ARRAY(SELECT jsonb_array_elements_text(roles)), created_at, last_login_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id bigint, public_id uuid, email text, email_verified boolean, username text,
      username_folded text, username_skeleton text, username_is_exact boolean, password_hash text, is_active boolean,
      roles jsonb, created_at timestamptz, last_login_at timestamptz)`,
);

/** Those that share a folded name with one that comes are found by their exact form from now on. */
export const MAKE_EXACT = statement<[folded: readonly string[]]>(
  'transfer_usernames_exact',
  `UPDATE tokenjar.users SET username_is_exact = true
    WHERE username_folded COLLATE "C" = ANY ($1::text[]) AND NOT username_is_exact`,
);

/** Nobody changes them until the end of the transaction; always in one order. */
export const LOCK_USERS = statement<[ids: readonly number[]]>(
  'transfer_users_lock',
  'SELECT 1 FROM tokenjar.users WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE',
);

/** The roles that users come with exist, without permissions. */
export const ADD_ROLES = statement<[names: readonly string[], now: Date, ...by: OrderedBy]>(
  'transfer_roles_add',
  `WITH added AS (
      INSERT INTO tokenjar.roles (name)
      SELECT DISTINCT name FROM unnest($1::text[]) AS wanted (name)
      WHERE NOT EXISTS (SELECT FROM tokenjar.roles r WHERE r.name = wanted.name) ORDER BY 1
      ON CONFLICT DO NOTHING RETURNING name
    )
    ${recorded({ at: '$2', event: 'role_changed', reason: 'name', by: 3, actor: '$6::text' }, 'added')}`,
);

export const CHANGE_USER = statement<
  [
    id: number,
    email: string | null,
    isVerified: boolean,
    passwordHash: string | null,
    setsPassword: boolean,
    roles: readonly string[],
    lastLoginAt: string | null,
    setsUsername: boolean,
    ...UsernameValues,
    isExact: boolean,
  ]
>(
  'transfer_user_change',
  `UPDATE tokenjar.users SET email = $2, email_verified = $3, roles = $6,
      password_hash = CASE WHEN $5 THEN $4 ELSE password_hash END,
      last_login_at = greatest(last_login_at, $7::timestamptz),
      username = CASE WHEN $8 THEN $9 ELSE username END,
      username_folded = CASE WHEN $8 THEN $10 ELSE username_folded END,
      username_skeleton = CASE WHEN $8 THEN $11 ELSE username_skeleton END,
      username_is_exact = CASE WHEN $8 THEN $12 ELSE username_is_exact END
    WHERE id = $1`,
);

/** Of an account that gets another address or name in the same transaction. */
export const RELEASE = statement<[id: number, email: boolean, username: boolean]>(
  'transfer_names_release',
  `UPDATE tokenjar.users SET email = CASE WHEN $2 THEN NULL ELSE email END, email_verified = email_verified AND NOT $2,
      username = CASE WHEN $3 THEN NULL ELSE username END,
      username_folded = CASE WHEN $3 THEN NULL ELSE username_folded END,
      username_skeleton = CASE WHEN $3 THEN NULL ELSE username_skeleton END,
      username_is_exact = username_is_exact AND NOT $3
    WHERE id = $1`,
);

export const GIVE = statement<[id: number, email: string | null, isVerified: boolean, ...UsernameValues]>(
  'transfer_names_give',
  `UPDATE tokenjar.users SET email = coalesce($2, email), email_verified = CASE WHEN $2 IS NULL THEN email_verified ELSE $3 END,
      username = coalesce($4, username), username_folded = coalesce($5, username_folded),
      username_skeleton = coalesce($6, username_skeleton)
    WHERE id = $1`,
);

export const ADD_IDENTITIES = statement<[rows: string], { provider: string }>(
  'transfer_identities_add',
  `INSERT INTO tokenjar.identities
      (id, user_id, provider, issuer, subject, email, name, is_unproven, revoked_at, created_at, last_used_at)
    SELECT id, user_id, provider, issuer, subject, email, name, is_unproven, revoked_at, created_at, last_used_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, user_id bigint, provider text, issuer text, subject text, email text,
      name text, is_unproven boolean, revoked_at timestamptz, created_at timestamptz, last_used_at timestamptz)
    ON CONFLICT DO NOTHING RETURNING provider`,
);

export const REMOVE_IDENTITY = statement<
  [userId: number, issuer: string, subject: string],
  { provider: string }
>(
  'transfer_identity_remove',
  'DELETE FROM tokenjar.identities WHERE user_id = $1 AND issuer = $2 AND subject = $3 RETURNING provider',
);

export const REMOVE_TOTP = statement<[userId: number]>(
  'transfer_totp_remove',
  `DELETE FROM tokenjar.factors WHERE user_id = $1 AND type = 'totp' RETURNING 1`,
);

export const ADD_TOTP = statement<
  [
    id: string,
    userId: number,
    createdAt: string | null,
    now: Date,
    sealed: Buffer,
    name: string | null,
    lastUsedAt: string | null,
    lastStep: number,
  ]
>(
  'transfer_totp_add',
  `WITH f AS (
      INSERT INTO tokenjar.factors (id, user_id, type, name, created_at, last_used_at)
      VALUES ($1, $2, 'totp', $6, coalesce($3::timestamptz, $4), $7) ON CONFLICT (id) DO NOTHING RETURNING id
    )
    INSERT INTO tokenjar.totp_secrets (factor_id, sealed, last_step) SELECT id, $5, $8 FROM f RETURNING 1`,
);

export const ADD_CODES = statement<[userId: number, digests: readonly Buffer[]]>(
  'transfer_codes_add',
  `INSERT INTO tokenjar.recovery_codes (user_id, digest) SELECT $1, unnest($2::bytea[]) ON CONFLICT DO NOTHING`,
);

export const REMOVE_CODES = statement<[userId: number, digests: readonly Buffer[]]>(
  'transfer_codes_remove',
  'DELETE FROM tokenjar.recovery_codes WHERE user_id = $1 AND digest = ANY ($2::bytea[])',
);
