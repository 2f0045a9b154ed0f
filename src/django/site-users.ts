import type { SiteSchema } from './site-schema.js';
import { quoted, type Row, type SiteReader } from './source.js';

/** A user as the site has them. Times are as PostgreSQL writes them. */
export interface SiteUser {
  key: string;
  password: string;
  username: string | null;
  email: string;
  isActive: boolean;
  isStaff: boolean;
  isSuperuser: boolean;
  joinedAt: string | null;
  lastLoginAt: string | null;
  groups: string[];
  /** Permissions of their own. **Shape** `app_label.codename`. */
  permissions: string[];
  addresses: { email: string; isVerified: boolean; isPrimary: boolean }[];
  accounts: { provider: string; subject: string; email: string | null; joinedAt: string | null }[];
  authenticators: {
    type: string;
    data: Record<string, unknown>;
    createdAt: string | null;
    /** Otherwise of dj-rest-auth. */
    isOfAllauth: boolean;
  }[];
}

/** **Unit** users a page. */
const PAGE = 500;

/** Reads all users, in pages, in the order of their keys. Only one page is in memory. */
export async function* userPages(source: SiteReader, schema: SiteSchema): AsyncGenerator<SiteUser[]> {
  const { columns } = schema;
  const column = (name: string | undefined, otherwise: string) => (name ? quoted(name) : otherwise);
  const id = quoted(columns.id);
  const text = `SELECT ${id}::text AS key, ${quoted(columns.password)} AS password, ${column(columns.username, 'NULL')} AS username,
      ${column(columns.email, "''")} AS email, ${column(columns.active, 'true')} AS active,
      ${column(columns.staff, 'false')} AS staff, ${column(columns.superuser, 'false')} AS superuser,
      ${column(columns.joined, 'NULL')}::timestamptz AS joined, ${column(columns.lastLogin, 'NULL')}::timestamptz AS last_login
    FROM ${schema.users}`;
  for (let after: string | undefined; ;) {
    const rows = await source.read(
      after === undefined
        ? `${text} ORDER BY ${id} LIMIT ${PAGE}`
        : `${text} WHERE ${id} > $1 ORDER BY ${id} LIMIT ${PAGE}`,
      after === undefined ? [] : [after],
    );
    if (rows.length > 0) yield await withDetails(source, schema, rows.map(toUser));
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.key ?? undefined;
  }
}

/** How many users there are. */
export async function countUsers(source: SiteReader, { users }: SiteSchema): Promise<number> {
  const [row] = await source.read(`SELECT count(*)::text AS count FROM ${users}`);
  return Number(row?.count ?? 0);
}

/** Which of these keys the site has. */
export async function keysAmong(
  source: SiteReader,
  { users, columns }: SiteSchema,
  keys: readonly string[],
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const id = quoted(columns.id);
  const isOne = columns.isInteger ? `${id} = ANY ($1::bigint[])` : `${id}::text = ANY ($1::text[])`;
  const rows = await source.read(`SELECT ${id}::text AS key FROM ${users} WHERE ${isOne}`, [keys]);
  return new Set(rows.map(({ key }) => key ?? ''));
}

const toUser = (row: Row): SiteUser => ({
  key: row.key ?? '',
  password: row.password ?? '',
  username: row.username ?? null,
  email: row.email ?? '',
  isActive: isTrue(row.active),
  isStaff: isTrue(row.staff),
  isSuperuser: isTrue(row.superuser),
  joinedAt: row.joined ?? null,
  lastLoginAt: row.last_login ?? null,
  groups: [],
  permissions: [],
  addresses: [],
  accounts: [],
  authenticators: [],
});

async function withDetails(source: SiteReader, schema: SiteSchema, users: SiteUser[]): Promise<SiteUser[]> {
  const byKey = new Map(users.map((user) => [user.key, user]));
  const keys = [...byKey.keys()];
  const each = async (text: string, add: (user: SiteUser, row: Row) => void): Promise<void> => {
    for (const row of await source.read(text, [keys])) {
      const user = byKey.get(row.key ?? '');
      if (user) add(user, row);
    }
  };
  const { groups, permissions, addresses, accounts, authenticators } = schema;
  const type = schema.columns.isInteger ? 'bigint' : 'text';
  const ofUsers = (column: string) =>
    type === 'bigint' ? `${column} = ANY ($1::bigint[])` : `${column}::text = ANY ($1::text[])`;
  if (groups)
    await each(
      `SELECT l.${groups.userColumn}::text AS key, ${groups.name} AS name FROM ${groups.from}
        WHERE ${ofUsers(`l.${groups.userColumn}`)} ORDER BY 2`,
      (user, { name }) => user.groups.push(name ?? ''),
    );
  if (permissions)
    await each(
      `SELECT l.${permissions.userColumn}::text AS key, t.app_label || '.' || p.codename AS name FROM ${permissions.from}
        WHERE ${ofUsers(`l.${permissions.userColumn}`)} ORDER BY 2`,
      (user, { name }) => user.permissions.push(name ?? ''),
    );
  if (addresses)
    await each(
      `SELECT user_id::text AS key, email, verified, "primary" AS main FROM ${addresses}
        WHERE ${ofUsers('user_id')} ORDER BY id`,
      (user, { email, verified, main }) =>
        user.addresses.push({ email: email ?? '', isVerified: isTrue(verified), isPrimary: isTrue(main) }),
    );
  if (accounts)
    await each(
      `SELECT user_id::text AS key, provider, uid AS subject, coalesce(data->>'email', data->'kakao_account'->>'email') AS email,
          date_joined::timestamptz AS joined FROM (SELECT *, extra_data::jsonb AS data FROM ${accounts}) a
        WHERE ${ofUsers('user_id')} ORDER BY id`,
      (user, { provider, subject, email, joined }) =>
        user.accounts.push({
          provider: provider ?? '',
          subject: subject ?? '',
          email: email ?? null,
          joinedAt: joined ?? null,
        }),
    );
  for (const table of authenticators)
    await each(
      `SELECT user_id::text AS key, type, data::text AS data, created_at::timestamptz AS created FROM ${table}
        WHERE ${ofUsers('user_id')} ORDER BY id`,
      (user, { type: kind, data, created }) =>
        user.authenticators.push({
          type: kind ?? '',
          data: dataIn(data),
          createdAt: created ?? null,
          isOfAllauth: table.endsWith('"mfa_authenticator"'),
        }),
    );
  return users;
}

/** An object, or nothing: a library that encrypts it may write any JSON. */
function dataIn(json: string | null | undefined): Record<string, unknown> {
  const data: unknown = JSON.parse(json ?? '{}');
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}

const isTrue = (value: string | null | undefined): boolean => value === 't' || value === 'true';

/**
 * Addresses that several users have, and who keeps each: verified first, then active, then the oldest.
 *
 * In steps, each of which is a join of whole tables: whatever indexes there are, it reads them once.
 */
export async function sharedAddresses(source: SiteReader, schema: SiteSchema): Promise<Map<string, string>> {
  const { users, columns, addresses } = schema;
  if (columns.email === undefined) return new Map();
  const [id, email] = [`u.${quoted(columns.id)}`, `lower(btrim(u.${quoted(columns.email)}))`];
  const active = columns.active === undefined ? 'true' : `u.${quoted(columns.active)}`;
  const proven = addresses
    ? `SELECT DISTINCT s.id, s.email FROM ${addresses} a JOIN shared s ON s.id = a.user_id AND s.email = lower(a.email)
        WHERE a.verified`
    : 'SELECT id, email FROM shared WHERE false';
  const rows = await source.read(
    `WITH doubled AS MATERIALIZED (
        SELECT ${email} AS email FROM ${users} u WHERE u.${quoted(columns.email)} <> '' GROUP BY 1 HAVING count(*) > 1
      ), shared AS MATERIALIZED (
        SELECT d.email, ${id} AS id, ${active} AS active FROM ${users} u JOIN doubled d ON d.email = ${email}
      ), proven AS MATERIALIZED (${proven})
      SELECT s.email, (array_agg(s.id::text ORDER BY p.id IS NOT NULL DESC, s.active DESC, s.id))[1] AS holder
      FROM shared s LEFT JOIN proven p ON p.id = s.id AND p.email = s.email GROUP BY s.email`,
  );
  return new Map(rows.map(({ email: address, holder }) => [address ?? '', holder ?? '']));
}
