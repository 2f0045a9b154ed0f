import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AuditChain } from '../../src/audit/audit-chain.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { Mailer, type OutgoingEmail } from '../../src/mail/mailer.js';
import { Sending } from '../../src/mail/sending.js';
import { WebhookFanOut } from '../../src/webhooks/webhook-fan-out.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { type Admin, adminOf, type Member, memberOf } from '../support/admin.js';
import { bearer, keyOf, memberWith, storedKey } from '../support/api-keys.js';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { Browser } from '../support/browser.js';
import { TestClock } from '../support/clock.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { type Json, readPart } from '../support/jwt.js';
import { expectProblem } from '../support/problem.js';
import { tapStatements } from '../support/statement-counter.js';

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

const publicIdOf = async (app: TestApp, { email }: { email: string }): Promise<string> => {
  const [row] = await app.sql<{ public_id: string }>(
    'SELECT public_id FROM tokenjar.users WHERE email = $1',
    [email],
  );
  return row?.public_id ?? '';
};
const claimsOf = ({ accessToken = '' }: Browser): Json => readPart(accessToken, 1);
const refreshClaimsOf = async (user: Browser): Promise<Json> =>
  readPart((await user.refreshCookie()) ?? '', 1);

describe('USER_ID=uuid', () => {
  let app: TestApp;
  let admin: Admin;
  let ada: Member;
  beforeAll(async () => {
    app = await startApp({ userId: 'uuid', apiKeys: true, webhookAllowPrivate: true });
    admin = await adminOf(app);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    ada = await memberOf(app);
    await admin.refresh();
  });

  test('names a user by the public ID in answers and tokens, and by nothing else', async () => {
    const id = await publicIdOf(app, ada);
    expect(id).toEqual(UUID);
    expect((await ada.get('/auth/user')).body.id).toBe(id);
    expect((await ada.get('/auth/session')).body.user).toEqual({ id });
    const { sub, user_ref: reference } = claimsOf(ada);
    expect([sub, reference]).toEqual([id, expect.stringMatching(/^[\w-]{22}$/)]);
    expect(await refreshClaimsOf(ada)).toMatchObject({ sub: id, user_ref: reference });
    const [one, other] = [await memberOf(app), await memberOf(app)].map((each) => claimsOf(each).user_ref);
    expect(one).not.toBe(other);
  });

  test('administrators act on users by the public ID, from search to deletion', async () => {
    const { email, shownId: id } = ada;
    const found = await admin.get(`/auth/admin/users?search=${id}`);
    expect(found.body.items).toMatchObject([{ id, email }]);
    const changed = await admin.patch(`/auth/admin/users/${id}`, { roles: ['admin'] });
    expect([changed.status, changed.body]).toEqual([200, expect.objectContaining({ id, roles: ['admin'] })]);
    await admin.patch(`/auth/admin/users/${id}`, { roles: [] });
    // The browser would go on with the token that it gets.
    const asAdmin = bearer(app.url, admin.accessToken ?? '');
    const acting = await asAdmin.post(`/auth/admin/users/${id}/impersonate`, { reason: 'Ticket 4711' });
    const actor = bearer(app.url, String(acting.body.access_token));
    expect((await actor.get('/auth/session')).body).toMatchObject({
      user: { id },
      act: { sub: admin.shownId },
    });
    expect((await actor.patch('/auth/user', { locale: 'ko' })).body).toMatchObject({ id });
    const deleted = await admin.send('DELETE', `/auth/admin/users/${id}`);
    expect(deleted.status).toBe(204);
    expectProblem(await admin.get(`/auth/admin/users/${id}`), 'account_not_found');
    const { items } = (await admin.get(`/auth/admin/audit?user_id=${id}`)).body as { items: Json[] };
    expect(items.map(({ event }) => event)).toEqual(
      expect.arrayContaining([
        'user_deleted',
        'user_changed',
        'impersonated',
        'roles_changed',
        'registration',
      ]),
    );
    expect(items.filter((each) => each.user_id !== id)).toEqual([]);
    const actors = items.map((each) => each.actor).filter((each) => each !== null);
    const name = `user ${admin.shownId}`;
    expect(new Set(actors)).toEqual(new Set([`${admin.email} (${name})`, name]));
    const csv = await admin.send('GET', `/auth/admin/audit?user_id=${id}`, {
      headers: { accept: 'text/csv' },
    });
    expect(csv.text.split('\r\n')[1]?.split(',')[5]).toBe(id);
  });

  test('pages of users go on in the order of their integers, which no cursor shows', async () => {
    const ids: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await admin.get(`/auth/admin/users?limit=1${cursor && `&cursor=${cursor}`}`);
      ids.push(...(body.items as { id: unknown }[]).map(({ id }) => id));
      if (body.next === null || body.next === undefined) break;
      cursor = body.next as string;
      expect(cursor).toMatch(/^[\w-]{22}$/);
    }
    const rows = await app.sql<{ public_id: string }>('SELECT public_id FROM tokenjar.users ORDER BY id');
    expect(ids).toEqual(rows.map((row) => row.public_id));
    expectProblem(await admin.get(`/auth/admin/users?cursor=${'A'.repeat(22)}`), 'input_invalid');
  });

  test('what ends or changes reaches the tokens', async () => {
    const other = app.browser();
    await other.post('/auth/login', { email: ada.email, password: PASSWORD });
    expect((await other.send('DELETE', '/auth/sessions')).status).toBe(204);
    expectProblem(await ada.get('/auth/session'), 'token_blacklisted');
    await admin.patch(`/auth/admin/users/${ada.shownId}`, { active: false });
    expect([(await other.get('/auth/session')).status, (await other.refresh()).status]).toEqual([401, 401]);
  });

  test('API keys, introspection and invitations name their user by it', async () => {
    const member = await memberWith(app, 'orders:read');
    const key = await keyOf(app, member, { scopes: ['orders:read'] });
    expect((await key.browser.get('/auth/session')).body.user).toEqual({ id: member.shownId });
    const exchanged = await key.browser.post('/auth/keys/token');
    expect(readPart(String(exchanged.body.access_token), 1).sub).toBe(member.shownId);
    const service = bearer(
      app.url,
      await storedKey(app, (await memberWith(app, 'introspect')).id, 'introspect'),
    );
    for (const token of [member.accessToken, key.key]) {
      const { body } = await service.send('POST', '/auth/introspect', { form: { token: token ?? '' } });
      expect(body).toMatchObject({ active: true, sub: member.shownId });
    }
    const invited = await admin.post('/auth/admin/invitations', { email: uniqueEmail() });
    expect(invited.body.invited_by).toBe(admin.shownId);
    const { items } = (await admin.get('/auth/admin/invitations')).body as { items: Json[] };
    expect(items[0]).toMatchObject({ invited_by: admin.shownId });
  });

  test('webhooks name users by it, also one who is gone', async () => {
    await admin.post('/auth/admin/webhooks', { url: 'http://127.0.0.1:9/', events: ['user_deleted'] });
    app.clock.advance(0.001);
    await ada.send('DELETE', '/auth/user', { json: { password: PASSWORD } });
    await app.app.get(AuditChain, { strict: false }).run();
    await app.app.get(WebhookFanOut, { strict: false }).run();
    const rows = await app.sql<{ payload: string }>('SELECT payload FROM tokenjar.webhook_deliveries');
    expect(rows.map(({ payload }) => (JSON.parse(payload) as { data: Json }).data.user_id)).toEqual([
      ada.shownId,
    ]);
    await app.sql('DELETE FROM tokenjar.webhook_endpoints');
  });

  test('the public ID of a deleted user is forgotten with the events', async () => {
    await ada.send('DELETE', '/auth/user', { json: { password: PASSWORD } });
    expect((await app.app.get(Purge).run()).get('IDs of deleted users')).toBe(0);
    await app.sql(`UPDATE tokenjar.deleted_users SET deleted_at = deleted_at - interval '10 years'`);
    expect((await app.app.get(Purge).run()).get('IDs of deleted users')).toBeGreaterThan(0);
    expect(await app.sql('SELECT FROM tokenjar.deleted_users')).toEqual([]);
  });
});

// Other instances, one after the other on one database.
(isEmbedded ? describe.skip : describe)('a change of USER_ID', () => {
  let database: TestDatabase;
  let clock: TestClock;
  let running: TestApp[];
  beforeEach(async () => {
    database = await createDatabase();
    clock = new TestClock();
    running = [];
  });
  afterEach(async () => {
    for (const app of running) await app.close();
    await database.drop();
  });

  async function start(userId: 'integer' | 'uuid', settings: TokenjarInput): Promise<TestApp> {
    const app = await startApp({ clock, userId, apiKeys: true, ...settings }, database);
    running.push(app);
    return app;
  }
  /** The same browser, whose next request reaches another instance. */
  async function at(app: TestApp, user: Browser): Promise<Browser> {
    const browser = new Browser(app.url);
    await browser.setRefreshCookie((await user.refreshCookie()) ?? '');
    browser.accessToken = user.accessToken;
    return browser;
  }

  const KINDS: [string, TokenjarInput][] = [
    ['ES256', {}],
    ['simplejwt’s format', { tokenFormat: 'simplejwt', algorithm: 'HS256', userIdClaim: 'user_id' }],
  ];

  test.each(KINDS)(
    'signs nobody out, in either direction, with instances of both beside each other: %s',
    async (_, kind) => {
      const [integers, uuids] = [await start('integer', kind), await start('uuid', kind)];
      const claim = kind.userIdClaim ?? 'sub';
      let user: Browser & { email: string } = await integers.signedUp();
      const { email } = user;
      const publicId = await publicIdOf(integers, user);
      const integer = String((await user.get('/auth/user')).body.id);
      for (const [app, id, from] of [
        [uuids, publicId, integer],
        [integers, integer, publicId],
      ] as const) {
        const moved = await at(app, user);
        // The token from before goes on, and whatever is shown has the new form.
        expect(claimsOf(moved)[claim]).toBe(from);
        expect(String(((await moved.get('/auth/session')).body.user as Json).id)).toBe(id);
        expect(String((await moved.get('/auth/user')).body.id)).toBe(id);
        clock.advance(200);
        expect((await moved.refresh()).status).toBe(200);
        expect(claimsOf(moved)[claim]).toBe(id);
        expect((await refreshClaimsOf(moved))[claim]).toBe(id);
        expect('user_ref' in claimsOf(moved)).toBe(id === publicId);
        user = Object.assign(moved, { email });
      }
      const [row] = await integers.sql('SELECT count(*)::int AS sessions FROM tokenjar.sessions');
      expect(row).toEqual({ sessions: 1 });
    },
  );

  test('a kept and a repeated refresh token go on under the other setting, as the same session', async () => {
    const [integers, uuids] = [await start('integer', {}), await start('uuid', {})];
    const user = await integers.signedUp();
    const moved = await at(uuids, user);
    expect((await moved.refresh()).setCookie).toEqual([]);
    clock.advance(200);
    const [first, second] = [await at(integers, user), await at(uuids, user)];
    expect([(await first.refresh()).status, (await second.refresh()).status]).toEqual([200, 200]);
    const [one, other] = [await refreshClaimsOf(first), await refreshClaimsOf(second)];
    // Other bytes, the same generation of the same session.
    expect([other.jti, other.gen, other.iat, other.exp]).toEqual([one.jti, one.gen, one.iat, one.exp]);
    clock.advance(200);
    expect([(await first.refresh()).status, (await second.refresh()).status]).toEqual([200, 200]);
  });

  test('a token from before is asked about once, and then costs nothing; introspection shows the new form', async () => {
    const before = await start('integer', {});
    const user = await memberOf(before);
    const { key } = await keyOf(before, user);
    const service = await storedKey(before, (await memberWith(before, 'introspect')).id, 'introspect');
    const tap = await tapStatements((database.settings as { databaseUrl: string }).databaseUrl);
    const app = await start('uuid', { databaseUrl: tap.databaseUrl });
    const moved = await at(app, user);
    const id = await publicIdOf(app, user);
    const counts: number[] = [];
    for (let each = 0; each < 3; each++)
      counts.push(
        await tap.countDuring(async () => {
          expect((await moved.get('/auth/session')).body.user).toEqual({ id });
        }),
      );
    expect(counts).toEqual([1, 0, 0]);
    for (const token of [user.accessToken ?? '', key]) {
      const { body } = await bearer(app.url, service).send('POST', '/auth/introspect', { form: { token } });
      expect([body.active, body.sub, 'user_ref' in body]).toEqual([true, id, false]);
    }
    await moved.refresh();
    expect(await tap.countDuring(() => moved.get('/auth/session'))).toBe(0);
    clock.advance(200);
    expect(await tap.countDuring(() => moved.refresh())).toBe(1);
    await app.close();
    running.splice(running.indexOf(app), 1);
    await tap.close();
  });

  test('a token of somebody who is deleted meanwhile names nobody', async () => {
    const [integers, uuids] = [await start('integer', {}), await start('uuid', {})];
    const user = await integers.signedUp();
    await integers.sql('ALTER TABLE tokenjar.users DISABLE TRIGGER public_id_kept');
    await integers.sql('DELETE FROM tokenjar.users');
    expectProblem(await (await at(uuids, user)).get('/auth/session'), 'user_not_found');
  });

  test('links work that were sent before, and after, with the user in them', async () => {
    const sent: OutgoingEmail[] = [];
    class Mailbox extends Mailer {
      override send(email: OutgoingEmail): Promise<void> {
        sent.push(email);
        return Promise.resolve();
      }
    }
    const resetPasswordLink = 'https://app.example.com/{uid}/{token}';
    const dialect = { dialect: 'django', resetPasswordLink, mailer: new Mailbox() } as const;
    const [integers, uuids] = [await start('integer', dialect), await start('uuid', dialect)];
    const plain = await start('integer', {});
    const uids: string[] = [];
    for (const [from, to] of [
      [integers, uuids],
      [uuids, integers],
      [uuids, uuids],
    ] as const) {
      const user = await plain.verified();
      sent.length = 0;
      await from.browser().post('/auth/password/reset', { email: user.email });
      await from.app.get(Sending).run();
      const [, uid = '', token = ''] = /example\.com\/(\w+)\/([\w-]+)/.exec(sent[0]?.text ?? '') ?? [];
      const publicId = await publicIdOf(from, user);
      uids.push(uid.length === 32 ? 'uuid' : 'base 36');
      expect(uid.length === 32 ? uid : '').toBe(from === uuids ? publicId.replaceAll('-', '') : '');
      const password = { new_password1: 'Nine-quiet-herons-7', new_password2: 'Nine-quiet-herons-7' };
      const wrong = `${uid.slice(0, -1)}${uid.endsWith('1') ? '2' : '1'}`;
      const refused = await to
        .browser()
        .post('/auth/password/reset/confirm', { ...password, uid: wrong, token });
      expect([refused.status, refused.body]).toEqual([400, { uid: ['Invalid value'] }]);
      const { status } = await to.browser().post('/auth/password/reset/confirm', { ...password, uid, token });
      expect(status).toBe(200);
    }
    expect(uids).toEqual(['base 36', 'uuid', 'uuid']);
  });
});
