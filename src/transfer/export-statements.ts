/** SQL: a moment as ISO 8601 in UTC. */
const iso = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const hex = (column: string): string => `encode(${column}, 'hex')`;

/** SQL for an object; what is only named is a column of the alias. */
const object = (alias: string, members: Readonly<Record<string, string>>): string =>
  `json_build_object(${Object.entries(members)
    .map(([name, value]) => `'${name}', ${value || `${alias}.${name}`}`)
    .join(', ')})`;

/** SQL for the members of objects that are columns as they are. */
const columns = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']));
const moments = (alias: string, ...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, iso(`${alias}.${name}`)]));

const list = (each: string, from: string, order: string): string =>
  `(SELECT coalesce(json_agg(${each} ORDER BY ${order}), '[]') FROM tokenjar.${from})`;

const FACTOR = { ...columns('id', 'name'), ...moments('f', 'created_at', 'last_used_at') };

const TOTP = `(SELECT ${object('f', { ...FACTOR, secret: hex('t.sealed'), last_step: 't.last_step' })}
    FROM tokenjar.factors f JOIN tokenjar.totp_secrets t ON t.factor_id = f.id WHERE f.user_id = u.id)`;

const PASSKEY = object('f', {
  ...FACTOR,
  credential_id: hex('p.credential_id'),
  public_key: hex('p.public_key'),
  ...Object.fromEntries(
    ['counter', 'transports', 'aaguid', 'is_backup_eligible', 'is_backed_up', 'is_discoverable'].map(
      (name) => [name, `p.${name}`],
    ),
  ),
});

const IDENTITY = object('i', {
  ...columns('id', 'provider', 'issuer', 'subject', 'email', 'name', 'is_unproven'),
  ...moments('i', 'revoked_at', 'created_at', 'last_used_at'),
});

const API_KEY = object('k', {
  ...columns('id', 'name'),
  digest: hex('k.digest'),
  ...columns('scopes'),
  ...moments('k', 'created_at', 'expires_at', 'last_used_at', 'reminded_at'),
});

const SESSION = object('s', {
  ...columns('id', 'lookup_id', 'generation', 'parent_generation'),
  ...moments('s', 'rotated_at', 'created_at', 'last_used_at', 'idle_expires_at'),
  ...columns('remember'),
  ...moments('s', 'absolute_expires_at'),
  ...columns('user_agent', 'ip', 'cookie_protection', 'auth_methods', 'scope'),
  ...moments('s', 'authenticated_at'),
  ...columns('bound_jwk'),
  ...moments('s', 'bound_at'),
});

const DEVICE = object('d', {
  ...columns('id'),
  digest: hex('d.digest'),
  ...columns('name', 'credentials_epoch', 'factors_epoch'),
  ...moments('d', 'created_at', 'expires_at'),
});

const REFUSED = {
  ...moments('b', 'began_until'),
  ...columns('except_session_id', 'claims_epoch', 'reason'),
  ...moments('b', 'created_at', 'expires_at'),
};
/** Entries have no other order that would be the same elsewhere. */
const REFUSAL_ORDER =
  'b.created_at, b.expires_at, b.session_id, b.user_id, b.began_until, b.claims_epoch, b.reason';

/** What is read of each user. The second parameter is the time by which sessions are alive. */
const USER = {
  ...columns(
    'id',
    'public_id',
    'email',
    'email_verified',
    'username',
    'username_is_exact',
    'password_hash',
    'is_active',
  ),
  ...columns('roles', 'locale', 'profile'),
  ...moments('u', 'created_at', 'last_login_at'),
  ...columns('credentials_epoch', 'factors_epoch', 'claims_epoch', 'has_unproven_factors'),
  totp: TOTP,
  passkey_handle: `(SELECT ${hex('h.handle')} FROM tokenjar.passkey_users h WHERE h.user_id = u.id)`,
  passkeys: list(
    PASSKEY,
    'factors f JOIN tokenjar.passkeys p ON p.factor_id = f.id WHERE f.user_id = u.id',
    'f.id',
  ),
  recovery_codes: list(hex('r.digest'), 'recovery_codes r WHERE r.user_id = u.id', 'r.digest'),
  identities: list(IDENTITY, 'identities i WHERE i.user_id = u.id', 'i.id'),
  api_keys: list(API_KEY, 'api_keys k WHERE k.user_id = u.id', 'k.id'),
};
const WITH_SESSIONS = {
  ...moments('u', 'impersonated_until'),
  sessions: list(
    SESSION,
    'sessions s WHERE s.user_id = u.id AND s.idle_expires_at > $2 AND s.absolute_expires_at > $2',
    's.id',
  ),
  devices: list(DEVICE, 'trusted_devices d WHERE d.user_id = u.id AND d.expires_at > $2', 'd.id'),
  refusals: `coalesce(r.refusals, '[]')`,
};

const PAGE = `page AS MATERIALIZED (
    SELECT * FROM tokenjar.users WHERE id > $1 AND $2::timestamptz IS NOT NULL ORDER BY id LIMIT 500
  )`;

/** Users after an ID, as objects of the file. **Parameters** ID, now. */
export const USERS = `WITH ${PAGE} SELECT ${object('u', USER)} AS user FROM page u ORDER BY u.id`;
/** The blacklist has no index by users, so it is read once for a page. */
export const USERS_AND_SESSIONS = `WITH ${PAGE}, refused AS (
    SELECT b.user_id, json_agg(${object('b', REFUSED)} ORDER BY ${REFUSAL_ORDER}) AS refusals
    FROM tokenjar.blacklist b WHERE b.user_id IN (SELECT id FROM page) AND b.expires_at > $2 GROUP BY b.user_id
  )
  SELECT ${object('u', { ...USER, ...WITH_SESSIONS })} AS user
  FROM page u LEFT JOIN refused r ON r.user_id = u.id ORDER BY u.id`;

export const ROLES = 'SELECT name, permissions, description FROM tokenjar.roles ORDER BY name COLLATE "C"';

/** What is refused of nobody who is among the users. */
export const refusalsAt = (
  now: Date,
): string => `SELECT ${object('b', { ...columns('session_id', 'user_id'), ...REFUSED })} AS refusal
  FROM tokenjar.blacklist b
  WHERE b.expires_at > '${now.toISOString()}' AND NOT EXISTS (SELECT FROM tokenjar.users u WHERE u.id = b.user_id)
  ORDER BY ${REFUSAL_ORDER}`;

export const COUNT = `SELECT count(*)::int AS users, greatest(max(id), (
    SELECT last_value FROM pg_sequences WHERE schemaname = 'tokenjar'
      AND schemaname || '.' || sequencename = pg_get_serial_sequence('tokenjar.users', 'id')))::bigint AS "lastId"
  FROM tokenjar.users`;
