import { type OrderedBy, recorded } from '../audit/audit.js';
import { statement } from '../database/statement.js';

/** Whose a row is that was written. */
interface Kept {
  userId: number;
}

const USER_ID = 'RETURNING user_id AS "userId"';

export const KEEP_HANDLES = statement<[rows: string], Kept>(
  'transfer_passkey_handles_keep',
  `INSERT INTO tokenjar.passkey_users (user_id, handle) SELECT user_id, decode(handle, 'hex')
    FROM jsonb_to_recordset($1::jsonb) AS r (user_id bigint, handle text) ON CONFLICT DO NOTHING ${USER_ID}`,
);

/** Those whose ID or credential is here already are another account's. */
export const KEEP_PASSKEYS = statement<[rows: string], Kept>(
  'transfer_passkeys_keep',
  `WITH r AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, user_id bigint, name text, created_at timestamptz,
        last_used_at timestamptz, credential_id text, public_key text, counter bigint, transports jsonb, aaguid uuid,
        is_backup_eligible boolean, is_backed_up boolean, is_discoverable boolean)
      WHERE NOT EXISTS (SELECT FROM tokenjar.passkeys p WHERE p.credential_id = decode(r.credential_id, 'hex'))
    ), f AS (
      INSERT INTO tokenjar.factors (id, user_id, type, name, created_at, last_used_at)
      SELECT id, user_id, 'passkey', name, created_at, last_used_at FROM r ON CONFLICT (id) DO NOTHING
      RETURNING id, user_id
    ), p AS (
      INSERT INTO tokenjar.passkeys (factor_id, credential_id, public_key, counter, transports, aaguid,
        is_backup_eligible, is_backed_up, is_discoverable)
      SELECT r.id, decode(credential_id, 'hex'), decode(public_key, 'hex'), counter,
        ARRAY(SELECT jsonb_array_elements_text(transports)), aaguid, is_backup_eligible, is_backed_up, is_discoverable
      FROM r JOIN f ON f.id = r.id
    )
    SELECT user_id AS "userId" FROM f`,
);

export const KEEP_API_KEYS = statement<[rows: string], Kept>(
  'transfer_api_keys_keep',
  `INSERT INTO tokenjar.api_keys (id, user_id, name, digest, scopes, created_at, expires_at, last_used_at, reminded_at)
    SELECT id, user_id, name, decode(digest, 'hex'), ARRAY(SELECT jsonb_array_elements_text(scopes)), created_at,
      expires_at, last_used_at, reminded_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, user_id bigint, name text, digest text, scopes jsonb,
      created_at timestamptz, expires_at timestamptz, last_used_at timestamptz, reminded_at timestamptz)
    ON CONFLICT DO NOTHING ${USER_ID}`,
);

export const KEEP_SESSIONS = statement<[rows: string], Kept>(
  'transfer_sessions_keep',
  `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
      last_used_at, idle_expires_at, remember, absolute_expires_at, user_agent, ip, cookie_protection, auth_methods,
      scope, authenticated_at, bound_jwk, bound_at)
    SELECT id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at, last_used_at, idle_expires_at,
      remember, absolute_expires_at, user_agent, ip, cookie_protection,
      ARRAY(SELECT jsonb_array_elements_text(auth_methods)), scope, authenticated_at, bound_jwk, bound_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, lookup_id uuid, user_id bigint, generation integer,
      parent_generation integer, rotated_at timestamptz, created_at timestamptz, last_used_at timestamptz,
      idle_expires_at timestamptz, remember boolean, absolute_expires_at timestamptz, user_agent text, ip inet,
      cookie_protection smallint, auth_methods jsonb, scope text, authenticated_at timestamptz,
      bound_jwk text, bound_at timestamptz)
    ON CONFLICT DO NOTHING ${USER_ID}`,
);

export const KEEP_DEVICES = statement<[rows: string], Kept>(
  'transfer_devices_keep',
  `INSERT INTO tokenjar.trusted_devices (id, digest, user_id, name, credentials_epoch, factors_epoch, created_at, expires_at)
    SELECT id, decode(digest, 'hex'), user_id, name, credentials_epoch, factors_epoch, created_at, expires_at
    FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, digest text, user_id bigint, name text, credentials_epoch integer,
      factors_epoch integer, created_at timestamptz, expires_at timestamptz)
    ON CONFLICT DO NOTHING ${USER_ID}`,
);

const REFUSED = `INSERT INTO tokenjar.blacklist
      (session_id, user_id, began_until, except_session_id, claims_epoch, reason, created_at, expires_at)
    SELECT session_id, user_id, began_until, except_session_id, claims_epoch, reason, created_at, expires_at
    FROM jsonb_to_recordset($1::jsonb) AS r (session_id uuid, user_id bigint, began_until timestamptz,
      except_session_id uuid, claims_epoch bigint, reason text, created_at timestamptz, expires_at timestamptz)`;

export const KEEP_REFUSALS = statement<[rows: string], Kept>(
  'transfer_refusals_keep',
  `${REFUSED} ${USER_ID}`,
);

/** Of sessions, and of users of whom there is none here. A file may come twice. */
export const KEEP_OTHER_REFUSALS = statement<[rows: string], Kept>(
  'transfer_other_refusals_keep',
  `${REFUSED}
    WHERE NOT EXISTS (SELECT FROM tokenjar.users u WHERE u.id = r.user_id) AND NOT EXISTS (
      SELECT FROM tokenjar.blacklist b WHERE b.reason = r.reason AND b.created_at = r.created_at
        AND b.expires_at = r.expires_at AND b.session_id IS NOT DISTINCT FROM r.session_id
        AND b.user_id IS NOT DISTINCT FROM r.user_id AND b.began_until IS NOT DISTINCT FROM r.began_until
        AND b.claims_epoch IS NOT DISTINCT FROM r.claims_epoch)
    ${USER_ID}`,
);

export const KEEP_STATES = statement<[rows: string], Kept>(
  'transfer_states_keep',
  `UPDATE tokenjar.users u SET locale = r.locale, profile = r.profile, credentials_epoch = r.credentials_epoch,
      factors_epoch = r.factors_epoch, claims_epoch = r.claims_epoch,
      has_unproven_factors = r.has_unproven_factors, impersonated_until = r.impersonated_until,
      username_is_exact = u.username IS NOT NULL AND (u.username_is_exact OR r.username_is_exact)
    FROM jsonb_to_recordset($1::jsonb) AS r (user_id bigint, locale text, profile jsonb, credentials_epoch integer, factors_epoch integer,
      claims_epoch bigint, has_unproven_factors boolean, impersonated_until timestamptz, username_is_exact boolean)
    WHERE u.id = r.user_id RETURNING u.id AS "userId"`,
);

/** Roles are as in the file while there is no user here, such as the one that every database begins with. */
export const KEEP_ROLES = statement<[rows: string, now: Date, ...by: OrderedBy]>(
  'transfer_roles_keep',
  `WITH changed AS (
      INSERT INTO tokenjar.roles AS known (name, permissions, description)
      SELECT name, ARRAY(SELECT jsonb_array_elements_text(permissions)), description
      FROM jsonb_to_recordset($1::jsonb) AS r (name text, permissions jsonb, description text)
      ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions, description = excluded.description
      WHERE NOT EXISTS (SELECT FROM tokenjar.users)
        AND (known.permissions, known.description) IS DISTINCT FROM (excluded.permissions, excluded.description)
      RETURNING name
    )
    ${recorded({ at: '$2', event: 'role_changed', reason: 'name', by: 3, actor: '$6::text' }, 'changed')}`,
);
