/** A parsed `postgres://` address, with the semantics of libpq. */
export interface DatabaseUrl {
  /** In the order in which they are tried. Empty: the default of pg (`PGHOST`, otherwise localhost). */
  hosts: readonly { host: string | undefined; port: number | undefined }[];
  user: string | undefined;
  password: string | undefined;
  database: string | undefined;
  /** Supported parameters after the `?`. */
  parameters: Readonly<Partial<Record<Used, string>>>;
}

/** An invalid address. The message does not quote it, because it contains a password. */
export class DatabaseUrlError extends Error {}

type Used = (typeof USED)[number];
const USED = [
  'application_name',
  'channel_binding',
  'connect_timeout',
  'options',
  'pgbouncer',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'target_session_attrs',
  'uselibpqcompat',
] as const;
/** Parameters for what can also be written before the `?`. */
const PLACES = ['host', 'port', 'user', 'password', 'dbname'];
/** Known to libpq or other programs, and ignored here. */
const PASSED_OVER = [
  ...['client_encoding', 'fallback_application_name', 'gssencmode', 'krbsrvname', 'load_balance_hosts'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'tcp_user_timeout'],
  ...['sslcompression', 'sslsni', 'schema', 'connection_limit', 'pool_timeout'],
];
const MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const URL_FORM = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?(#.*)?$/s;
const HOST_FORM = /^(\[[\da-f:.%]+\]|[^:[\]]*)(?::(\d*))?$/i;

/**
 * Parses the address of a database: with a Unix socket (`postgres://user:password@/db?host=/run/postgresql`), with several
 * hosts, and whatever else libpq takes.
 *
 * **Source** PostgreSQL documentation §32.1.1.2, connection URIs. @throws {DatabaseUrlError}
 */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const [, userinfo = '', authority = '', path = '', query = '', fragment] = URL_FORM.exec(url) ?? refuse();
  if (fragment !== undefined || path.includes('@') || isRestOfPassword(query))
    throw new DatabaseUrlError(
      'contains a misplaced #, / or ?: in user names and passwords, write %23, %2F and %3F',
    );
  const parameters = new Map(
    query
      .split('&')
      .filter(Boolean)
      .map((pair) => pairOf(pair)),
  );
  refuseUnknown(parameters);
  const [user, password] = cut(userinfo, ':');
  const hosts = hostsOf(authority, parameters.get('host'), parameters.get('port'));
  refuseReplicas(parameters.get('target_session_attrs'));
  return {
    hosts,
    user: parameters.get('user') ?? (decode(user) || undefined),
    password: parameters.get('password') ?? (password === undefined ? undefined : decode(password)),
    database: parameters.get('dbname') ?? (decode(path) || undefined),
    parameters: Object.fromEntries(USED.flatMap((name) => entryOf(parameters, name))),
  };
}

/**
 * Whether statements are prepared under a name. With `pgbouncer=true` they are not: a pooler in transaction mode gives
 * each transaction a connection that may not know them.
 */
export const preparesStatements = (url: string): boolean =>
  parseDatabaseUrl(url).parameters.pgbouncer !== 'true';

/** A password with an unescaped ? ends in what looks like a parameter. */
function isRestOfPassword(query: string): boolean {
  const [first = ''] = query.split('&');
  return first.includes('@') && ![...USED, ...PLACES, ...PASSED_OVER].includes(cut(first, '=')[0]);
}

const refuse = (): never => {
  throw new DatabaseUrlError('must be an address like postgres://user:password@host:5432/database');
};

function hostsOf(authority: string, hostList: string | undefined, portList: string | undefined) {
  const written: [string, string | undefined][] =
    hostList === undefined
      ? authority.split(',').map(hostAndPort)
      : hostList.split(',').map((host) => [host.replace(/^\[|\]$/g, ''), undefined]);
  const ports = portList?.split(',') ?? [];
  if (ports.length > 1 && ports.length !== written.length)
    throw new DatabaseUrlError('must name one port, or one for each host');
  return written.map(([host, port], i) => {
    const said = port || ports[ports.length > 1 ? i : 0] || undefined;
    if (said !== undefined && !(/^\d+$/.test(said) && Number(said) >= 1 && Number(said) <= 65_535))
      throw new DatabaseUrlError('must name a port from 1 to 65535');
    return {
      host: host || undefined,
      port: said === undefined ? undefined : Number(said),
    };
  });
}

function hostAndPort(written: string): [string, string | undefined] {
  const [, host = '', port] = HOST_FORM.exec(written) ?? refuse();
  return [decode(host.replace(/^\[|\]$/g, '')), port];
}

function pairOf(pair: string): [string, string] {
  const [name, value] = cut(pair, '=');
  // As in forms, and as pg does: + is a space.
  return [decode(name), decode((value ?? '').replaceAll('+', ' '))];
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('contains a % that starts no escape sequence: in passwords, write %25');
  }
}

/** Unknown parameters are refused, as by libpq: a misspelled sslmode would mean an unencrypted connection. */
function refuseUnknown(parameters: ReadonlyMap<string, string>): void {
  const known = [...USED, ...PLACES, ...PASSED_OVER];
  for (const name of parameters.keys())
    if (!known.includes(name))
      throw new DatabaseUrlError(
        /^[a-z_]{1,40}$/.test(name)
          ? `contains the unknown parameter ${name}`
          : 'contains an unknown parameter; in passwords, write %3F for ?',
      );
  const mode = parameters.get('sslmode');
  if (mode !== undefined && !MODES.includes(mode))
    throw new DatabaseUrlError(`must have an sslmode of ${MODES.join(', ')}`);
}

function refuseReplicas(wanted: string | undefined): void {
  if (wanted !== undefined && !['any', 'primary', 'read-write'].includes(wanted))
    throw new DatabaseUrlError(
      'must have target_session_attrs of any, primary or read-write: Tokenjar writes',
    );
}

function entryOf(parameters: ReadonlyMap<string, string>, name: Used): [Used, string][] {
  const value = parameters.get(name);
  return value === undefined || value === '' ? [] : [[name, value]];
}
