import { statement } from '../database/statement.js';
import type { SeenFactors } from '../users/user.entity.js';

/** What is known here of a refresh token of the site, and of its user. */
export interface KnownTokenRow {
  isKnown: boolean;
  lookupId: string | null;
  /** Null where the site's user was not imported, or is gone. */
  userId: number | null;
  isActive: boolean | null;
  /** Whether nothing that ends all sessions of the user has happened here since the import. */
  isUnchanged: boolean | null;
  passwordMark: Buffer | null;
}

/** SQL: whether what was imported still holds, of users `u` and imported users `i`. */
const UNCHANGED = 'u.credentials_epoch = i.credentials_epoch AND i.sessions_ended_at IS NULL';

export const FIND_TOKEN = statement<[digest: Buffer, siteKey: string], KnownTokenRow>(
  'django_token_find',
  `SELECT t.digest IS NOT NULL AS "isKnown", t.lookup_id AS "lookupId", u.id AS "userId", u.is_active AS "isActive",
      ${UNCHANGED} AS "isUnchanged", i.password_mark AS "passwordMark"
    FROM (SELECT) one
    LEFT JOIN tokenjar.django_tokens t ON t.digest = $1
    LEFT JOIN tokenjar.django_users i ON i.site_key = $2
    LEFT JOIN tokenjar.users u ON u.id = i.user_id`,
);

/**
 * Uses a token up for a session that is about to be opened: of parallel requests with one token, one gets a row.
 *
 * The user is locked, so that what ended their sessions meanwhile has been committed.
 */
export const CLAIM_TOKEN = statement<
  [digest: Buffer, lookupId: string, expiresAt: Date, siteKey: string],
  SeenFactors
>(
  'django_token_claim',
  `WITH owner AS (
      SELECT u.id, u.credentials_epoch, u.factors_epoch
      FROM tokenjar.django_users i JOIN tokenjar.users u ON u.id = i.user_id
      WHERE i.site_key = $4 AND u.is_active AND ${UNCHANGED}
    ), claimed AS (
      INSERT INTO tokenjar.django_tokens (digest, lookup_id, expires_at) SELECT $1, $2, $3 FROM owner
      ON CONFLICT (digest) DO NOTHING RETURNING 1
    )
    SELECT id, credentials_epoch AS "credentialsEpoch", factors_epoch AS "factorsEpoch" FROM owner, claimed`,
);

/** Refuses a token that nobody has presented. No row if somebody has. */
export const REFUSE_TOKEN = statement<[digest: Buffer, expiresAt: Date]>(
  'django_token_refuse',
  `INSERT INTO tokenjar.django_tokens (digest, expires_at) VALUES ($1, $2)
    ON CONFLICT (digest) DO NOTHING RETURNING 1`,
);

/** A user of the site, as an access token needs them. */
export interface SiteUserRow {
  id: number;
  publicId: string;
  isActive: boolean;
  roles: string[];
  isUnchanged: boolean;
  passwordMark: Buffer;
}

export const FIND_SITE_USER = statement<[siteKey: string], SiteUserRow>(
  'django_user_find',
  `SELECT u.id, u.public_id AS "publicId", u.is_active AS "isActive", u.roles, ${UNCHANGED} AS "isUnchanged",
      i.password_mark AS "passwordMark"
    FROM tokenjar.django_users i JOIN tokenjar.users u ON u.id = i.user_id
    WHERE i.site_key = $1`,
);
