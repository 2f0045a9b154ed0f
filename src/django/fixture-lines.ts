import type { Run } from '../database/table-copy.js';
import {
  djangoPassword,
  type FixtureAccount,
  type FixtureChoices,
  fixturesOf,
  groupFixture,
  groupsOf,
  LONGEST_DJANGO_NAME,
} from './fixture.js';

/** What a Django site does not get, by how many users. */
export interface FixtureReport {
  users: number;
  /** Their username was made of the address or the ID. */
  named: number;
  /** Their password hash is none of Django's. */
  passwordsLeft: number;
  /** They sign in there without the second factor that they have here. */
  factorsLeft: number;
  /** They are linked with accounts of providers. */
  identitiesLeft: number;
}

interface Row extends Omit<FixtureAccount, 'username'> {
  username: string | null;
  isEmailTaken: boolean;
  hasFactors: boolean;
  hasIdentities: boolean;
}

const iso = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Addresses are unique, and so are names; an address may be the name of somebody else. */
const USERS = `SELECT u.id, u.email, u.email_verified AS "emailVerified", u.username, u.password_hash AS "passwordHash",
    u.is_active AS "isActive", u.roles, ${iso('u.created_at')} AS "createdAt", ${iso('u.last_login_at')} AS "lastLoginAt",
    EXISTS (SELECT FROM tokenjar.users o WHERE o.username = u.email) AS "isEmailTaken",
    u.second_factors <> '{}' AS "hasFactors",
    EXISTS (SELECT FROM tokenjar.identities i WHERE i.user_id = u.id) AS "hasIdentities"
  FROM tokenjar.users u WHERE u.id > $1 ORDER BY u.id LIMIT 500`;

const IS_NAME = 'SELECT FROM tokenjar.users WHERE username = $1';

const GROUPS = `SELECT name FROM (
    SELECT name FROM tokenjar.roles WHERE EXISTS (SELECT FROM tokenjar.users WHERE roles <> '{}' AND roles @> ARRAY[name])
    UNION SELECT unnest(roles) FROM tokenjar.users WHERE roles <> '{}'
  ) AS held ORDER BY name COLLATE "C"`;

/**
 * The lines of a fixture for `loaddata`: a group for each role that somebody has, then the users.
 *
 * @param report is filled as they are read.
 */
export async function* fixtureLines(
  run: Run,
  choices: FixtureChoices,
  report: FixtureReport,
  progress: (done: number, all: number) => void,
): AsyncGenerator<string, void> {
  const [{ count } = { count: 0 }] = await run<{ count: number }>(
    'SELECT count(*)::int AS count FROM tokenjar.users',
  );
  const groups = await run<{ name: string }>(GROUPS);
  for (const name of groupsOf(
    groups.map((each) => each.name),
    choices,
  ))
    yield line(groupFixture(name));
  for (let after = 0; ;) {
    const rows = await run<Row>(USERS, [after]);
    const last = rows.at(-1);
    if (!last) return;
    let page = '';
    for (const row of rows) {
      const account = { ...row, username: row.username ?? (await madeName(run, row)) };
      page += fixturesOf(account, choices).map(line).join('');
      note(row, report);
    }
    yield page;
    progress(report.users, count);
    after = last.id;
  }
}

const line = (object: object): string => `${JSON.stringify(object)}\n`;

/** Django has no user without a username. */
async function madeName(run: Run, { id, email, isEmailTaken }: Row): Promise<string> {
  if (email !== null && email.length <= LONGEST_DJANGO_NAME && !isEmailTaken) return email;
  for (let more = 0; ; more++) {
    const name = more === 0 ? `user-${id}` : `user-${id}-${more}`;
    if ((await run(IS_NAME, [name])).length === 0) return name;
  }
}

function note({ username, passwordHash, hasFactors, hasIdentities }: Row, report: FixtureReport): void {
  report.users++;
  if (username === null) report.named++;
  if (passwordHash !== null && djangoPassword(passwordHash) === undefined) report.passwordsLeft++;
  if (hasFactors) report.factorsLeft++;
  if (hasIdentities) report.identitiesLeft++;
}
