import { statement } from '../database/statement.js';

/** What an earlier run left of a user, and what has become of them. */
export interface ImportedRow {
  siteKey: string;
  userId: number | null;
  seen: Record<string, unknown>;
  passwordDigest: Buffer;
  isUnchanged: boolean | null;
  email: string | null;
  username: string | null;
  emailVerified: boolean | null;
  isActive: boolean | null;
  roles: string[] | null;
  factorsEpoch: number | null;
}

export const FIND_IMPORTED = statement<[siteKeys: readonly string[]], ImportedRow>(
  'django_users_find',
  `SELECT i.site_key AS "siteKey", u.id AS "userId", i.seen, i.password_digest AS "passwordDigest",
      u.credentials_epoch = i.credentials_epoch AS "isUnchanged", u.email, u.username,
      u.email_verified AS "emailVerified", u.is_active AS "isActive", u.roles, u.factors_epoch AS "factorsEpoch"
    FROM tokenjar.django_users i LEFT JOIN tokenjar.users u ON u.id = i.user_id
    WHERE i.site_key = ANY ($1::text[])`,
);

export interface TakenRow {
  id: number;
  email: string | null;
  username: string | null;
  folded: string | null;
}

/** Accounts here that have something that users of the site are to have. */
export const FIND_TAKEN = statement<
  [
    ids: readonly number[],
    emails: readonly string[],
    usernames: readonly string[],
    folded: readonly string[],
  ],
  TakenRow
>(
  'django_taken_find',
  `SELECT id, email, username, username_folded AS folded FROM tokenjar.users
    WHERE id = ANY ($1::bigint[]) OR email = ANY ($2::text[]) OR username = ANY ($3::text[])
      OR username_folded COLLATE "C" = ANY ($4::text[])`,
);

/** IDs are kept, so those that are given from now on come after all of the site. */
export const RAISE_IDS = statement<[least: number]>(
  '',
  `SELECT setval(pg_get_serial_sequence('tokenjar.users', 'id'),
      greatest((SELECT coalesce(max(id), 1) FROM tokenjar.users), $1::bigint, (
        SELECT last_value FROM pg_sequences
        WHERE schemaname = 'tokenjar' AND schemaname || '.' || sequencename
          = pg_get_serial_sequence('tokenjar.users', 'id'))))`,
);

export const NEW_IDS = statement<[count: number], { id: number }>(
  'django_ids',
  `SELECT nextval(pg_get_serial_sequence('tokenjar.users', 'id'))::bigint AS id FROM generate_series(1, $1::int)`,
);

/** @param rows as JSON. */
export const ADD_USERS = statement<[rows: string]>(
  'django_users_add',
  `INSERT INTO tokenjar.users (id, email, email_verified, username, username_folded, username_skeleton,
      username_is_exact, password_hash, is_active, roles, created_at, last_login_at) OVERRIDING SYSTEM VALUE
    SELECT id, email, email_verified, username, username_folded, username_skeleton, username_is_exact, password_hash,
      is_active, ARRAY(SELECT jsonb_array_elements_text(roles)), created_at, last_login_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id bigint, email text, email_verified boolean, username text,
      username_folded text, username_skeleton text, username_is_exact boolean, password_hash text, is_active boolean,
      roles jsonb, created_at timestamptz, last_login_at timestamptz)`,
);

/** Those that share a folded name with one that comes are found by their exact form from now on. */
export const MAKE_EXACT = statement<[folded: readonly string[]]>(
  'django_usernames_exact',
  `UPDATE tokenjar.users SET username_is_exact = true
    WHERE username_folded COLLATE "C" = ANY ($1::text[]) AND NOT username_is_exact`,
);

/** Notes what was imported. The epochs are read here, after what this transaction has changed. */
export const NOTE_USERS = statement<[rows: string, now: Date]>(
  'django_users_note',
  `INSERT INTO tokenjar.django_users (site_key, user_id, seen, password_digest, password_mark, credentials_epoch, imported_at)
    SELECT r.site_key, u.id, r.seen || jsonb_build_object('factorsEpoch', u.factors_epoch),
      decode(r.password_digest, 'hex'), decode(r.password_mark, 'hex'), u.credentials_epoch, $2
    FROM jsonb_to_recordset($1::jsonb) AS r (site_key text, user_id bigint, seen jsonb, password_digest text, password_mark text)
    JOIN tokenjar.users u ON u.id = r.user_id
    ON CONFLICT (site_key) DO UPDATE SET seen = excluded.seen, password_digest = excluded.password_digest,
      password_mark = excluded.password_mark, credentials_epoch = excluded.credentials_epoch, imported_at = $2`,
);

/** Of users who have changed here: what the site has is noted, and the epoch stays, so that this is still known. */
export const NOTE_SEEN = statement<[siteKey: string, seen: string, passwordDigest: Buffer]>(
  'django_user_note_seen',
  `UPDATE tokenjar.django_users SET seen = $2::jsonb || jsonb_build_object('factorsEpoch', seen->'factorsEpoch'),
      password_digest = $3 WHERE site_key = $1`,
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
  ]
>(
  'django_user_change',
  `UPDATE tokenjar.users SET email = $2, email_verified = $3, roles = $6,
      password_hash = CASE WHEN $5 THEN $4 ELSE password_hash END,
      last_login_at = greatest(last_login_at, $7::timestamptz)
    WHERE id = $1`,
);

export const ADD_IDENTITIES = statement<[rows: string], { userId: number }>(
  'django_identities_add',
  `INSERT INTO tokenjar.identities (id, user_id, provider, issuer, subject, email, is_unproven, created_at)
    SELECT id, user_id, provider, issuer, subject, email, is_unproven, created_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, user_id bigint, provider text, issuer text, subject text, email text,
      is_unproven boolean, created_at timestamptz)
    ON CONFLICT (issuer, subject) DO NOTHING RETURNING user_id AS "userId"`,
);

export const REMOVE_IDENTITY = statement<[userId: number, issuer: string, subject: string]>(
  'django_identity_remove',
  'DELETE FROM tokenjar.identities WHERE user_id = $1 AND issuer = $2 AND subject = $3',
);

export const REMOVE_TOTP = statement<[userId: number]>(
  'django_totp_remove',
  `DELETE FROM tokenjar.factors WHERE user_id = $1 AND type = 'totp'`,
);

export const ADD_TOTP = statement<
  [id: string, userId: number, createdAt: string | null, now: Date, sealed: Buffer]
>(
  'django_totp_add',
  `WITH f AS (
      INSERT INTO tokenjar.factors (id, user_id, type, created_at)
      VALUES ($1, $2, 'totp', coalesce($3::timestamptz, $4)) RETURNING id
    )
    INSERT INTO tokenjar.totp_secrets (factor_id, sealed, last_step) SELECT id, $5, 0 FROM f`,
);

export const ADD_CODES = statement<[userId: number, digests: readonly Buffer[]]>(
  'django_codes_add',
  `INSERT INTO tokenjar.recovery_codes (user_id, digest) SELECT $1, unnest($2::bytea[]) ON CONFLICT DO NOTHING`,
);

export const REMOVE_CODES = statement<[userId: number, digests: readonly Buffer[]]>(
  'django_codes_remove',
  'DELETE FROM tokenjar.recovery_codes WHERE user_id = $1 AND digest = ANY ($2::bytea[])',
);

/** Tokens that the site has blacklisted. @returns sessions that go on here by one of them. */
export const REFUSE_TOKENS = statement<
  [jtis: readonly string[], expiries: readonly string[]],
  { lookupId: string; userId: number }
>(
  'django_tokens_refuse',
  `WITH given AS (
      SELECT sha256(convert_to(jti, 'UTF8')) AS digest, max(expires_at) AS expires_at
      FROM unnest($1::text[], $2::timestamptz[]) AS g (jti, expires_at) GROUP BY 1
    ), live AS (
      SELECT t.digest, t.lookup_id FROM tokenjar.django_tokens t JOIN given USING (digest) WHERE t.lookup_id IS NOT NULL
    ), refused AS (
      INSERT INTO tokenjar.django_tokens (digest, expires_at) SELECT digest, expires_at FROM given
      ON CONFLICT (digest) DO NOTHING
    )
    SELECT s.lookup_id AS "lookupId", s.user_id AS "userId"
    FROM live JOIN tokenjar.sessions s ON s.lookup_id = live.lookup_id`,
);
