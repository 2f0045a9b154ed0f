import { quoted, type Row, type SiteReader } from './source.js';

/** What the command line says of the site; what it does not say is guessed. */
export interface SiteFlags {
  userTable?: string | undefined;
  idColumn?: string | undefined;
  usernameColumn?: string | undefined;
  emailColumn?: string | undefined;
  activeColumn?: string | undefined;
  joinedColumn?: string | undefined;
}

/** The tables of a site. Names are quoted, with their schema, as SQL takes them. */
export interface SiteSchema {
  users: string;
  /** The name of the user table, for people. */
  userTable: string;
  columns: {
    id: string;
    /** Whether keys are integers, which users keep. */
    isInteger: boolean;
    username: string | undefined;
    email: string | undefined;
    active: string | undefined;
    joined: string | undefined;
    lastLogin: string | undefined;
    staff: string | undefined;
    superuser: string | undefined;
  };
  /** Of users and groups, and of users and permissions: the table, and its column for the user. */
  groups: LinkTable | undefined;
  permissions: LinkTable | undefined;
  /** Other tables, where the site has them. */
  addresses: string | undefined;
  accounts: string | undefined;
  /** allauth's, and dj-rest-auth's. */
  authenticators: readonly string[];
  outstanding: string | undefined;
  blacklisted: string | undefined;
  /** Of the schema that the tables are in. **Shape** `"public".` */
  prefix: string;
}

interface LinkTable {
  table: string;
  userColumn: string;
}

/** The site cannot be read as it is: the message says what to do. */
export class SiteProblem extends Error {}

interface Table {
  schema: string;
  name: string;
  columns: Map<string, string>;
  key: string | undefined;
}

/** Every table, from the catalog, which a role that may only read some can read as a whole. */
const TABLES = `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, format_type(a.atttypid, NULL) AS type,
    (i.indisprimary IS TRUE)::text AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1 AND a.attnum = i.indkey[0]
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tokenjar')
    AND n.nspname !~ '^pg_' ORDER BY 1, 2, a.attnum`;

/** Which table another one points to with a column of its own. */
const REFERENCES = `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, fn.nspname AS to_schema, f.relname AS to_name
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
  WHERE k.contype = 'f' AND cardinality(k.conkey) = 1`;

/** Tables of apps that point to the user, whatever the model is called. */
const POINTING = [
  'token_blacklist_outstandingtoken',
  'account_emailaddress',
  'socialaccount_socialaccount',
  'django_admin_log',
  'authtoken_token',
];

const EMAIL = ['email', 'email_address', 'mail', 'e_mail'];
const USERNAME = ['username', 'user_name', 'login', 'nickname', 'handle'];
const ACTIVE = ['is_active', 'active', 'enabled', 'is_enabled'];
const JOINED = ['date_joined', 'joined_at', 'created_at', 'created', 'date_created', 'joined'];
const AUTHENTICATORS = ['mfa_authenticator', 'dj_rest_auth_mfa_authenticator', 'mfa_mfaauthenticator'];

/** Finds the tables and columns of a site. @throws {SiteProblem} if they cannot be guessed, or what was said is not there. */
export async function readSchema(source: SiteReader, flags: SiteFlags): Promise<SiteSchema> {
  const tables = tablesIn(await source.read(TABLES));
  const references = await source.read(REFERENCES);
  const users = userTableAmong(tables, references, flags.userTable);
  const prefix = `${quoted(users.schema)}.`;
  const table = (name: string): string | undefined =>
    tables.some((each) => each.schema === users.schema && each.name === name)
      ? prefix + quoted(name)
      : undefined;
  return {
    users: prefix + quoted(users.name),
    userTable: users.schema === 'public' ? users.name : `${users.schema}.${users.name}`,
    columns: columnsOf(users, flags),
    groups: linkTable(users, 'auth_group', references, prefix),
    permissions: linkTable(users, 'auth_permission', references, prefix),
    addresses: table('account_emailaddress'),
    accounts: table('socialaccount_socialaccount'),
    authenticators: AUTHENTICATORS.flatMap((name) => table(name) ?? []),
    outstanding: table('token_blacklist_outstandingtoken'),
    blacklisted: table('token_blacklist_blacklistedtoken'),
    prefix,
  };
}

function tablesIn(rows: readonly Row[]): Table[] {
  const tables = new Map<string, Table>();
  for (const { schema, name, column, type, key } of rows) {
    const id = `${schema} ${name}`;
    const table = tables.get(id) ?? {
      schema: schema ?? '',
      name: name ?? '',
      columns: new Map(),
      key: undefined,
    };
    table.columns.set(column ?? '', type ?? '');
    if (key === 'true') table.key = column ?? undefined;
    tables.set(id, table);
  }
  return [...tables.values()];
}

function userTableAmong(
  tables: readonly Table[],
  references: readonly Row[],
  said: string | undefined,
): Table {
  const found = said === undefined ? guessedUsers(tables, references) : named(tables, said);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (said !== undefined) throw new SiteProblem(`--user-table: there is no table ${said}`);
  const names = found.map(({ schema, name }) => `${schema}.${name}`).join(', ');
  throw new SiteProblem(
    only
      ? `Several tables may be that of the users: ${names}. Say which with --user-table`
      : 'There is no table of users: none has the columns password and last_login. Is it the database of a Django site? Otherwise say which with --user-table',
  );
}

function named(tables: readonly Table[], said: string): Table[] {
  const [name = '', schema] = said.split('.').reverse();
  const all = tables.filter((each) => each.name === name && (schema ?? each.schema) === each.schema);
  const usual = all.filter((each) => each.schema === 'public');
  return usual.length === 1 ? usual : all;
}

function guessedUsers(tables: readonly Table[], references: readonly Row[]): Table[] {
  const isUser = ({ columns }: Table) => columns.has('password') && columns.has('last_login');
  const targets = new Set(
    references
      .filter(({ name }) => POINTING.includes(name ?? ''))
      .map(({ to_schema: schema, to_name: name }) => `${schema}.${name}`),
  );
  const pointedAt = tables.filter((each) => targets.has(`${each.schema}.${each.name}`) && isUser(each));
  if (pointedAt.length > 0) return pointedAt;
  const likely = tables.filter(isUser);
  const usual = likely.filter(({ name }) => name === 'auth_user');
  return usual.length > 0 ? usual : likely;
}

function columnsOf(users: Table, flags: SiteFlags): SiteSchema['columns'] {
  const { columns } = users;
  const pick = (flag: string, said: string | undefined, usual: readonly string[], type: RegExp) => {
    if (said === undefined) return usual.find((each) => type.test(columns.get(each) ?? ''));
    if (columns.has(said)) return said;
    throw new SiteProblem(`--${flag}: ${users.name} has no column ${said}`);
  };
  const id = pick('id-column', flags.idColumn, [users.key ?? 'id', 'id', 'uuid'], /./);
  if (id === undefined) throw new SiteProblem(`${users.name} has no primary key: say which with --id-column`);
  if (!columns.has('password')) throw new SiteProblem(`${users.name} has no column password`);
  const text = /char|text|citext/;
  return {
    id,
    isInteger: /^(integer|bigint|smallint)$/.test(columns.get(id) ?? ''),
    username: pick('username-column', flags.usernameColumn, USERNAME, text),
    email: pick('email-column', flags.emailColumn, EMAIL, text),
    active: pick('active-column', flags.activeColumn, ACTIVE, /^boolean$/),
    joined: pick('joined-column', flags.joinedColumn, JOINED, /^(timestamp|date)/),
    lastLogin: columns.has('last_login') ? 'last_login' : undefined,
    staff: pick('', undefined, ['is_staff'], /^boolean$/),
    superuser: pick('', undefined, ['is_superuser'], /^boolean$/),
  };
}

/** The table that a ManyToManyField of the user has made: it points to the user and to the other table. */
function linkTable(
  users: Table,
  other: string,
  references: readonly Row[],
  prefix: string,
): LinkTable | undefined {
  const toUsers = references.filter(
    (each) => each.to_schema === users.schema && each.to_name === users.name && each.schema === users.schema,
  );
  const found = toUsers.find((link) =>
    references.some(
      (each) => each.schema === link.schema && each.name === link.name && each.to_name === other,
    ),
  );
  return found && { table: prefix + quoted(found.name ?? ''), userColumn: quoted(found.column ?? '') };
}
