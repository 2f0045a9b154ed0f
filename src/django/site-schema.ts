import {
  type Catalog,
  readCatalog,
  type Reference,
  SiteProblem,
  type Table,
  tablesNamed,
} from './site-catalog.js';
import { type GroupTables, groupsOf, nameOf } from './site-groups.js';
import { quoted, type SiteReader } from './source.js';

/** What the command line says of the site; what it does not say is guessed. */
export interface SiteFlags {
  userTable?: string | undefined;
  idColumn?: string | undefined;
  usernameColumn?: string | undefined;
  passwordColumn?: string | undefined;
  emailColumn?: string | undefined;
  activeColumn?: string | undefined;
  joinedColumn?: string | undefined;
  lastLoginColumn?: string | undefined;
  staffColumn?: string | undefined;
  superuserColumn?: string | undefined;
  groupTable?: string | undefined;
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
    /** Whether they are UUIDs, which users keep as their public IDs. */
    isUuid: boolean;
    password: string;
    username: string | undefined;
    email: string | undefined;
    active: string | undefined;
    joined: string | undefined;
    lastLogin: string | undefined;
    staff: string | undefined;
    superuser: string | undefined;
  };
  groups: GroupTables | undefined;
  permissions: PermissionTables | undefined;
  /** Other tables, where the site has them. */
  addresses: string | undefined;
  accounts: string | undefined;
  /** allauth's, and dj-rest-auth's. */
  authenticators: readonly string[];
  outstanding: string | undefined;
  blacklisted: string | undefined;
}

interface PermissionTables {
  /** SQL that joins users, as `l.<userColumn>`, with permissions `p` and their content types `t`. */
  from: string;
  userColumn: string;
}

/** Tables of apps that point to the user, whatever the model is called. */
const POINTING = [
  'token_blacklist_outstandingtoken',
  'account_emailaddress',
  'socialaccount_socialaccount',
  'django_admin_log',
  'authtoken_token',
];

const EMAIL = ['email', 'email_address', 'mail', 'e_mail', 'user_email'];
const USERNAME = ['username', 'user_name', 'login', 'login_name', 'login_id', 'userid', 'handle', 'nickname'];
const PASSWORD = ['password', 'passwd', 'password_hash', 'hashed_password'];
const ACTIVE = ['is_active', 'active', 'enabled', 'is_enabled'];
const JOINED = ['date_joined', 'joined_at', 'created_at', 'created', 'date_created', 'joined'];
const LAST_LOGIN = ['last_login', 'last_login_at'];
const STAFF = ['is_staff', 'staff', 'is_admin'];
const SUPERUSER = ['is_superuser', 'superuser'];
const AUTHENTICATORS = ['mfa_authenticator', 'dj_rest_auth_mfa_authenticator', 'mfa_mfaauthenticator'];

/** Finds the tables and columns of a site. @throws {SiteProblem} if they cannot be guessed, or what was said is not there. */
export async function readSchema(source: SiteReader, flags: SiteFlags): Promise<SiteSchema> {
  const catalog = await readCatalog(source);
  const { tables, references } = catalog;
  const users = userTableAmong(catalog, flags.userTable);
  // Apps of others keep to one schema, whatever that of the users is.
  const table = (name: string): string | undefined => {
    const found = tables.filter((each) => each.name === name);
    const beside = found.find(({ schema }) => schema === users.schema) ?? found[0];
    return beside && nameOf(beside);
  };
  return {
    users: nameOf(users),
    userTable: users.schema === 'public' ? users.name : `${users.schema}.${users.name}`,
    columns: columnsOf(users, flags),
    groups: groupsOf(users, catalog, flags.groupTable),
    permissions: permissionsOf(users, references),
    addresses: table('account_emailaddress'),
    accounts: table('socialaccount_socialaccount'),
    authenticators: AUTHENTICATORS.flatMap((name) => table(name) ?? []),
    outstanding: table('token_blacklist_outstandingtoken'),
    blacklisted: table('token_blacklist_blacklistedtoken'),
  };
}

function userTableAmong(catalog: Catalog, said: string | undefined): Table {
  const found = said === undefined ? guessedUsers(catalog) : tablesNamed(catalog.tables, said);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (said !== undefined && !only) throw new SiteProblem(`--user-table: there is no table ${said}`);
  const names = found.map(({ schema, name }) => `${schema}.${name}`).join(', ');
  throw new SiteProblem(
    only
      ? `Several tables may be that of the users: ${names}. Say which with --user-table`
      : 'There is no table of users: none has the columns password and last_login. Is it the database of a Django site? Otherwise say which with --user-table',
  );
}

function guessedUsers({ tables, references }: Catalog): Table[] {
  const has = ({ columns }: Table, names: readonly string[]) => names.some((each) => columns.has(each));
  const targets = new Set(
    references.flatMap(({ from, column, to }) =>
      column === 'user_id' && POINTING.includes(from.name) ? to : [],
    ),
  );
  const pointedAt = [...targets].filter((each) => has(each, PASSWORD));
  if (pointedAt.length > 0) return pointedAt;
  const likely = tables.filter((each) => has(each, PASSWORD) && has(each, LAST_LOGIN));
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
  const text = /char|text|citext/;
  const password = pick('password-column', flags.passwordColumn, PASSWORD, text);
  if (password === undefined)
    throw new SiteProblem(`${users.name} has no column password: say which with --password-column`);
  // What people sign in with is unique; a name that is only shown is not.
  const usernames = USERNAME.filter((each) => each === 'username' || users.unique.has(each));
  const username = pick('username-column', flags.usernameColumn, usernames, text);
  const email = pick('email-column', flags.emailColumn, EMAIL, text);
  if (username === undefined && email === undefined)
    throw new SiteProblem(
      `${users.name} has no column to sign in with: say which with --username-column or --email-column`,
    );
  return {
    id,
    isInteger: /^(integer|bigint|smallint)$/.test(columns.get(id) ?? ''),
    isUuid: columns.get(id) === 'uuid',
    password,
    username,
    email,
    active: pick('active-column', flags.activeColumn, ACTIVE, /^boolean$/),
    joined: pick('joined-column', flags.joinedColumn, JOINED, /^(timestamp|date)/),
    lastLogin: pick('last-login-column', flags.lastLoginColumn, LAST_LOGIN, /^(timestamp|date)/),
    staff: pick('staff-column', flags.staffColumn, STAFF, /^boolean$/),
    superuser: pick('superuser-column', flags.superuserColumn, SUPERUSER, /^boolean$/),
  };
}

/** The tables that `user_permissions` of the user has made. */
function permissionsOf(users: Table, references: readonly Reference[]): PermissionTables | undefined {
  for (const toUser of references.filter(({ to }) => to === users))
    for (const { from, column, to } of references)
      if (from === toUser.from && to.name === 'auth_permission') {
        const types = references.find((each) => each.from === to && each.to.name === 'django_content_type');
        if (types)
          return {
            from: `${nameOf(from)} l JOIN ${nameOf(to)} p ON p.id = l.${quoted(column)}
              JOIN ${nameOf(types.to)} t ON t.id = p.content_type_id`,
            userColumn: quoted(toUser.column),
          };
      }
  return undefined;
}
