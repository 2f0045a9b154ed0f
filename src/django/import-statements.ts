import { statement } from '../database/statement.js';
import type { ImportedRow } from '../transfer/ledger.js';

const ROWS = `SELECT i.site_key AS key, u.id AS "userId", i.seen, i.password_digest AS "passwordDigest",
      u.credentials_epoch = i.credentials_epoch AS "isUnchanged", u.email, u.username,
      u.email_verified AS "emailVerified", u.is_active AS "isActive", u.roles, u.factors_epoch AS "factorsEpoch"
    FROM tokenjar.django_users i LEFT JOIN tokenjar.users u ON u.id = i.user_id`;

export const FIND_IMPORTED = statement<[siteKeys: readonly string[]], ImportedRow>(
  'django_users_find',
  `${ROWS} WHERE i.site_key = ANY ($1::text[])`,
);
export const FIND_IMPORTED_USER = statement<[userId: number], ImportedRow>(
  'django_imported_user_find',
  `${ROWS} WHERE i.user_id = $1`,
);

export const NOTE_GIVEN = statement<[userId: number, given: string, wasUnchanged: boolean]>(
  'django_user_note_given',
  `UPDATE tokenjar.django_users i SET seen = i.seen || jsonb_build_object('given', $2::jsonb),
      credentials_epoch = CASE WHEN $3 THEN u.credentials_epoch ELSE i.credentials_epoch END
    FROM tokenjar.users u WHERE i.user_id = $1 AND u.id = i.user_id`,
);

/** Notes what was imported. The epochs are read here, after what this transaction has changed. */
export const NOTE_USERS = statement<[rows: string, now: Date]>(
  'django_users_note',
  `INSERT INTO tokenjar.django_users (site_key, user_id, seen, password_digest, password_mark, credentials_epoch, imported_at)
    SELECT r.site_key, u.id, jsonb_build_object('factorsEpoch', u.factors_epoch) || r.seen,
      decode(r.password_digest, 'hex'), decode(r.password_mark, 'hex'), u.credentials_epoch, $2
    FROM jsonb_to_recordset($1::jsonb) AS r (site_key text, user_id bigint, seen jsonb, password_digest text, password_mark text)
    JOIN tokenjar.users u ON u.id = r.user_id
    ON CONFLICT (site_key) DO UPDATE SET seen = excluded.seen, password_digest = excluded.password_digest,
      password_mark = excluded.password_mark, credentials_epoch = excluded.credentials_epoch, imported_at = $2`,
);

/** Of users who have changed here: what the site has is noted, and the epoch stays, so that this is still known. */
export const NOTE_SEEN = statement<[siteKey: string, seen: string, passwordDigest: Buffer]>(
  'django_user_note_seen',
  `UPDATE tokenjar.django_users i
    SET seen = jsonb_build_object('factorsEpoch', u.factors_epoch) || $2::jsonb, password_digest = $3
    FROM tokenjar.users u WHERE i.site_key = $1 AND u.id = i.user_id`,
);

/** An imported user who is here still. */
export interface ImportedPageRow {
  key: string;
  userId: number;
  email: string | null;
  username: string | null;
  isActive: boolean;
}

export const IMPORTED_PAGE = statement<[after: string, most: number], ImportedPageRow>(
  'django_users_page',
  `SELECT i.site_key AS key, u.id AS "userId", u.email, u.username, u.is_active AS "isActive"
    FROM tokenjar.django_users i JOIN tokenjar.users u ON u.id = i.user_id
    WHERE i.site_key > $1 ORDER BY i.site_key LIMIT $2`,
);

export const COUNT_IMPORTED = statement<[], { count: number }>(
  '',
  'SELECT count(*)::int AS count FROM tokenjar.django_users',
);

/** A user who was deactivated for not being at the site any more: who comes back there is activated here. */
export const NOTE_GONE = statement<[siteKey: string]>(
  'django_user_note_gone',
  `UPDATE tokenjar.django_users i
    SET seen = i.seen || '{"isActive": false}', credentials_epoch = u.credentials_epoch
    FROM tokenjar.users u WHERE i.site_key = $1 AND u.id = i.user_id`,
);

/**
 * Tokens that the site has blacklisted.
 *
 * Where it has our key, ours may be among them: of a browser that was sent here and back, and has signed out there.
 *
 * @returns sessions that go on here by one of them.
 */
export const REFUSE_TOKENS = statement<
  [jtis: readonly string[], expiries: readonly string[]],
  { lookupId: string; userId: number }
>(
  'django_tokens_refuse',
  `WITH given AS (
      SELECT sha256(convert_to(jti, 'UTF8')) AS digest, max(expires_at) AS expires_at
      FROM unnest($1::text[], $2::timestamptz[]) AS g (jti, expires_at) GROUP BY 1
    ), live AS (
      SELECT t.lookup_id FROM tokenjar.django_tokens t JOIN given USING (digest) WHERE t.lookup_id IS NOT NULL
      UNION SELECT jti::uuid FROM unnest($1::text[]) AS jti WHERE jti ~ '^[0-9a-f]{32}$'
    ), refused AS (
      INSERT INTO tokenjar.django_tokens (digest, expires_at) SELECT digest, expires_at FROM given
      ON CONFLICT (digest) DO NOTHING
    )
    SELECT s.lookup_id AS "lookupId", s.user_id AS "userId"
    FROM live JOIN tokenjar.sessions s ON s.lookup_id = live.lookup_id`,
);
