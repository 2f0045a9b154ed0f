import { type By, type OrderedBy, recorded } from '../audit/audit.js';
import { statement } from '../database/statement.js';

/* What changes the credentials of an account: its password, its address. */

/**
 * Only if the epoch is unchanged, so that of two concurrent changes one succeeds and the other is refused. A sign-in may
 * have hashed the same password anew meanwhile.
 */
export const REPLACE_PASSWORD_HASH = statement<
  [id: number, epoch: number, newHash: string, now: Date, ...by: OrderedBy]
>(
  'user_replace_password_hash',
  `WITH changed AS (
      UPDATE tokenjar.users SET password_hash = $3, credentials_epoch = credentials_epoch + 1
      WHERE id = $1 AND credentials_epoch = $2 AND is_active RETURNING id
    ), audited AS (
      ${recorded({ at: '$4', event: 'password_change', userId: 'id', by: 5, actor: '$8::text' }, 'changed')}
    )
    SELECT id FROM changed`,
);
/**
 * Only if the epoch is unchanged. The row is locked first, so that it says what was so until now. Without an address
 * there is none to verify, and nobody else's whose factors they could be.
 */
export const RESET_PASSWORD = statement<
  [id: number, epoch: number, newHash: string],
  { wasUnproven: boolean }
>(
  'user_reset_password',
  `WITH before AS (
      SELECT id, email IS NOT NULL AND (NOT email_verified OR has_unproven_factors) AS was_unproven FROM tokenjar.users
      WHERE id = $1 AND credentials_epoch = $2 AND is_active FOR NO KEY UPDATE
    )
    UPDATE tokenjar.users u SET password_hash = $3, email_verified = email IS NOT NULL,
      has_unproven_factors = has_unproven_factors AND email IS NULL,
      credentials_epoch = credentials_epoch + 1
    FROM before WHERE u.id = before.id RETURNING before.was_unproven AS "wasUnproven"`,
);
/** Only if the epoch is unchanged. */
export const PROVE_ADDRESS = statement<[id: number, epoch: number]>(
  'user_prove_address',
  `UPDATE tokenjar.users SET password_hash = NULL, email_verified = true, credentials_epoch = credentials_epoch + 1
    WHERE id = $1 AND credentials_epoch = $2 AND is_active RETURNING id`,
);
/** Like {@link RESET_PASSWORD}; nothing if the address has an account by now. */
export const SET_EMAIL = statement<[id: number, epoch: number, email: string, isByHolder: boolean]>(
  'user_set_email',
  `UPDATE tokenjar.users SET email = $3, email_verified = true, credentials_epoch = credentials_epoch + 1,
      has_unproven_factors = has_unproven_factors AND NOT $4::boolean
    WHERE id = $1 AND credentials_epoch = $2 AND is_active
      AND NOT EXISTS (SELECT 1 FROM tokenjar.users WHERE email = $3) RETURNING id`,
);
/**
 * A new hash of the same password: the setting applies to this statement and tells the trigger not to increment the
 * epoch.
 */
export const RENEW_HASH = statement<
  [id: number, verifiedHash: string, newHash: string, now: Date, ...by: By]
>(
  'user_renew_hash',
  `WITH same_password AS MATERIALIZED (SELECT set_config('tokenjar.same_password', 'on', true) AS setting),
    renewed AS (
      UPDATE tokenjar.users u SET password_hash = $3
      FROM same_password WHERE u.id = $1 AND u.password_hash = $2 AND setting = 'on' RETURNING u.id
    )
    ${recorded({ at: '$4', event: 'password_rehashed', userId: 'id', by: 5 }, 'renewed')}`,
);
