import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { activate } from '../../src/commands/activate.js';
import { createUser } from '../../src/commands/create-user.js';
import { deactivate } from '../../src/commands/deactivate.js';
import { deleteUser } from '../../src/commands/delete-user.js';
import { endSessions } from '../../src/commands/end-sessions.js';
import { inspectToken } from '../../src/commands/inspect-token.js';
import { listUsers } from '../../src/commands/list-users.js';
import { passwordLink } from '../../src/commands/password-link.js';
import { resetFactors } from '../../src/commands/reset-factors.js';
import { setRoles } from '../../src/commands/set-roles.js';
import { showUser } from '../../src/commands/show-user.js';
import { SECRET_KEY, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

/** Digits that nothing else has. */
const FIRST_ID = 7_411_000_000_000;
const INTEGER = new RegExp(`7411000000\\d{3}|${FIRST_ID.toString(36).slice(0, 6)}`);
/** Links have it without dashes. */
const UUID = /[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/;

const environment = { ...process.env };
let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createDatabase();
  const { databaseUrl } = database.settings as { databaseUrl: string };
  app = await startApp({ userId: 'uuid' }, database);
  await app.sql(`ALTER SEQUENCE tokenjar.users_id_seq RESTART WITH ${FIRST_ID}`);
  const links = { FRONTEND_URL: 'https://app.example.com', RESET_PASSWORD_LINK: '/reset/{uid}/{token}' };
  Object.assign(process.env, { DATABASE_URL: databaseUrl, SECRET_KEY, ...links });
});
afterAll(async () => {
  process.env = environment;
  await app.close();
  await database.drop();
});

interface Ids {
  id: string;
  public_id: string;
}
async function idsOf(email: string): Promise<Ids> {
  const [row] = await app.sql<Ids>('SELECT id::text, public_id FROM tokenjar.users WHERE email = $1', [
    email,
  ]);
  if (!row) throw new Error(`${email} is nobody`);
  return row;
}
async function listed(isJson: boolean): Promise<string> {
  const lines: string[] = [];
  await listUsers(undefined, isJson, (line) => lines.push(line));
  return lines.join('\n');
}

describe('commands with USER_ID=uuid', () => {
  beforeAll(() => void (process.env.USER_ID = 'uuid'));

  test('name users by the public ID, take it, and know nobody by the integer', async () => {
    const user = await app.signedUp();
    const { id, public_id: publicId } = await idsOf(user.email);
    const newcomer = uniqueEmail();
    const naming = [
      await createUser({ email: newcomer }, [], false),
      await createUser({ email: uniqueEmail() }, [], true),
      await listed(false),
      await listed(true),
      await inspectToken(user.accessToken ?? '', true),
      await showUser(publicId, false),
      await showUser(`id=${publicId.toUpperCase()}`, true),
      await setRoles(publicId, ['admin'], true),
      await passwordLink(publicId, false),
      await passwordLink(publicId, true),
    ];
    const others = [
      await setRoles(publicId, [], false),
      await endSessions(publicId),
      await resetFactors(publicId),
      await deactivate(publicId),
      await activate(publicId),
      await deleteUser(publicId, true, true),
    ];
    expect([...naming, ...others].filter((text) => INTEGER.test(text))).toEqual([]);
    expect(naming.filter((text) => !UUID.test(text))).toEqual([]);
    const other = await idsOf(newcomer);
    for (const act of [showUser, passwordLink, setRoles, endSessions, deactivate, deleteUser, resetFactors])
      for (const name of [other.id, `id=${other.id}`, id, publicId])
        await expect(
          (act as (name: string, ...rest: unknown[]) => Promise<string>)(name, []),
        ).rejects.toThrow(`There is no user called ${name}`);
    // Whom an operator has acted on, the trail names; nothing in it has the integer but the column.
    const events = await app.sql('SELECT actor, reason FROM tokenjar.audit_events');
    expect(events.map((each) => JSON.stringify(each)).filter((text) => INTEGER.test(text))).toEqual([]);
  });
});

describe('commands with USER_ID=integer', () => {
  beforeAll(() => void (process.env.USER_ID = 'integer'));

  test('know nobody by a UUID', async () => {
    const user = await app.signedUp();
    const { id, public_id: publicId } = await idsOf(user.email);
    expect(JSON.parse(await showUser(id, true))).toMatchObject({ id: Number(id), email: user.email });
    for (const name of [publicId, `id=${publicId}`])
      await expect(showUser(name, true)).rejects.toThrow(`There is no user called ${name}`);
    expect(UUID.test(await listed(true))).toBe(false);
  });
});
