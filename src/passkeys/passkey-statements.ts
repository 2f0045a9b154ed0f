import { statement } from '../database/statement.js';

/** A passkey as ceremonies need it, with its owner. */
export interface PasskeyRow {
  factorId: string;
  userId: number;
  id: Buffer;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  isBackupEligible: boolean;
  isBackedUp: boolean;
  isDiscoverable: boolean | null;
  name: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  handle: Buffer;
  /** Of its owner, when it was read. */
  factorsEpoch: number;
}

const SELECT = `SELECT p.factor_id AS "factorId", f.user_id AS "userId", p.credential_id AS id, p.public_key AS "publicKey",
      p.counter, p.transports, p.is_backup_eligible AS "isBackupEligible", p.is_backed_up AS "isBackedUp",
      p.is_discoverable AS "isDiscoverable", f.name, f.created_at AS "createdAt", f.last_used_at AS "lastUsedAt", h.handle,
      u.factors_epoch AS "factorsEpoch"
    FROM tokenjar.passkeys p JOIN tokenjar.factors f ON f.id = p.factor_id
      JOIN tokenjar.users u ON u.id = f.user_id
      JOIN tokenjar.passkey_users h ON h.user_id = f.user_id`;

export const FIND = statement<[credentialId: Buffer], PasskeyRow>(
  'passkey_find',
  `${SELECT} WHERE p.credential_id = $1`,
);

/** The newest first. */
export const LIST = statement<[userId: number], PasskeyRow>(
  'passkeys_list',
  `${SELECT} WHERE f.user_id = $1 ORDER BY f.id DESC`,
);

/** The handle of a user, made where there is none yet. */
export const HANDLE = statement<[userId: number, fresh: Buffer], { handle: Buffer }>(
  'passkey_handle',
  `INSERT INTO tokenjar.passkey_users AS known (user_id, handle) VALUES ($1, $2)
    ON CONFLICT (user_id) DO UPDATE SET handle = known.handle RETURNING handle`,
);

export const FIND_HANDLE = statement<[userId: number], { handle: Buffer }>(
  'passkey_handle_find',
  'SELECT handle FROM tokenjar.passkey_users WHERE user_id = $1',
);

/**
 * No row where the challenge was used before, the credential is known, be it to another account, or its owner has as
 * many as an account may have: options are given out without being counted. The owner has to be locked.
 */
export const KEEP = statement<
  [
    challenge: Buffer,
    expiry: Date,
    factorId: string,
    credentialId: Buffer,
    publicKey: Buffer,
    counter: number,
    transports: readonly string[],
    aaguid: string,
    isBackupEligible: boolean,
    isBackedUp: boolean,
    isDiscoverable: boolean | null,
    most: number,
  ]
>(
  'passkey_keep',
  `WITH used AS (
      INSERT INTO tokenjar.used_challenges (challenge, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1
    )
    INSERT INTO tokenjar.passkeys (factor_id, credential_id, public_key, counter, transports, aaguid,
      is_backup_eligible, is_backed_up, is_discoverable)
    SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM used
    WHERE (
      SELECT count(*) FROM tokenjar.factors f
      WHERE f.user_id = (SELECT user_id FROM tokenjar.factors WHERE id = $3) AND f.type = 'passkey'
    ) <= $12
    ON CONFLICT DO NOTHING RETURNING 1`,
);

/**
 * Uses a challenge and counts an answer, in one statement: of concurrent answers, on any instances, one finds the
 * challenge unused, and of a key and its copy with the same counter one finds it lower. The factor is locked first, as
 * by its removal.
 *
 * A counter has to grow, unless it is 0 on both sides, which means that there is none.
 * **Source** Web Authentication Level 3 §6.1.1, §7.2 step 22.
 */
export const CONSUME = statement<
  [challenge: Buffer, expiry: Date, factorId: string, counter: number, isBackedUp: boolean, now: Date],
  { isFirst: boolean; isThere: boolean; isCounted: boolean }
>(
  'passkey_consume',
  `WITH used AS (
      INSERT INTO tokenjar.used_challenges (challenge, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1
    ), locked AS MATERIALIZED (
      SELECT id FROM tokenjar.factors WHERE id = $3 FOR NO KEY UPDATE
    ), counted AS (
      UPDATE tokenjar.passkeys SET counter = $4, is_backed_up = $5
      WHERE factor_id = (SELECT id FROM locked) AND (counter < $4 OR (counter = 0 AND $4 = 0)) AND EXISTS (SELECT 1 FROM used)
      RETURNING factor_id
    ), noted AS (
      UPDATE tokenjar.factors SET last_used_at = $6 WHERE id IN (SELECT factor_id FROM counted)
    )
    SELECT EXISTS (SELECT 1 FROM used) AS "isFirst", EXISTS (SELECT 1 FROM locked) AS "isThere",
      EXISTS (SELECT 1 FROM counted) AS "isCounted"`,
);
