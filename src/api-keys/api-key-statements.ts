import { type By, type OrderedBy, recorded } from '../audit/audit.js';
import { statement } from '../database/statement.js';

// SQL, because the audit trail is part of each change, and a use is one statement.

/** Nothing if the user has as many keys as allowed. The user is locked. */
export const CREATE = statement<
  [
    id: string,
    userId: number,
    name: string,
    digest: Buffer,
    scopes: readonly string[],
    now: Date,
    expiresAt: Date,
    most: number,
    ...by: By,
    sessionId: string,
  ]
>(
  'api_key_create',
  `WITH created AS (
      INSERT INTO tokenjar.api_keys (id, user_id, name, digest, scopes, created_at, expires_at)
      SELECT $1, $2, $3, $4, $5, $6, $7
      WHERE (SELECT count(*) FROM tokenjar.api_keys WHERE user_id = $2 AND expires_at > $6) < $8
      RETURNING id, user_id
    ), audited AS (
      ${recorded({ at: '$6', event: 'api_key_created', reason: 'id::text', userId: 'user_id', sessionId: '$12::uuid', by: 9 }, 'created')}
    )
    SELECT id FROM created`,
);

const revokeWhere = <Values extends [unknown, Date, ...OrderedBy, ...unknown[]]>(
  name: string,
  condition: string,
) =>
  statement<Values, { id: string }>(
    name,
    `WITH revoked AS (DELETE FROM tokenjar.api_keys WHERE ${condition} RETURNING id, user_id), audited AS (
      ${recorded({ at: '$2', event: 'api_key_revoked', reason: 'id::text', userId: 'user_id', by: 3, actor: '$6::text' }, 'revoked')}
    )
    SELECT id FROM revoked`,
  );

export const REVOKE = revokeWhere<[id: string, now: Date, ...by: OrderedBy, userId: number]>(
  'api_key_revoke',
  'id = $1 AND user_id = $7',
);
export const REVOKE_ALL = revokeWhere<[userId: number, now: Date, ...by: OrderedBy]>(
  'api_key_revoke_all',
  'user_id = $1',
);

/** A key as it was read, with what its owner may do. */
export interface KeyRow {
  id: string;
  user_id: number;
  public_id: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date;
  roles: string[];
  is_active: boolean;
  claims_epoch: number;
}

/** Finds a key, and notes that it is used unless that was noted lately. */
export const USE = statement<[digest: Buffer, now: Date, notedUntil: Date], KeyRow>(
  'api_key_use',
  `WITH used AS (
      UPDATE tokenjar.api_keys SET last_used_at = $2
      WHERE digest = $1 AND expires_at > $2 AND (last_used_at IS NULL OR last_used_at <= $3)
    )
    SELECT k.id, k.user_id, u.public_id, k.scopes, k.created_at, k.expires_at, u.roles, u.is_active, u.claims_epoch
    FROM tokenjar.api_keys k JOIN tokenjar.users u ON u.id = k.user_id WHERE k.digest = $1`,
);

export interface ExpiringKey {
  expires_at: Date;
  email: string | null;
  email_verified: boolean;
  locale: string | null;
}

/** Keys that expire soon and of which their owner has not been told; each is taken once. */
export const TAKE_EXPIRING = statement<
  [now: Date, until: Date, leastLifetime: number, most: number],
  ExpiringKey
>(
  'api_key_take_expiring',
  `WITH taken AS (
      UPDATE tokenjar.api_keys SET reminded_at = $1 WHERE id IN (
        SELECT id FROM tokenjar.api_keys
        WHERE expires_at > $1 AND expires_at <= $2 AND reminded_at IS NULL
          AND expires_at - created_at >= make_interval(secs => $3)
        ORDER BY expires_at LIMIT $4 FOR UPDATE SKIP LOCKED
      ) RETURNING user_id, expires_at
    )
    SELECT t.expires_at, u.email, u.email_verified, u.locale
    FROM taken t JOIN tokenjar.users u ON u.id = t.user_id ORDER BY t.expires_at`,
);
