import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { AuditChain } from '../../src/audit/audit-chain.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { WebhookKeys } from '../../src/webhooks/webhook-secrets.js';
import { WebhookSending } from '../../src/webhooks/webhook-sending.js';
import { type Admin, adminOf } from '../support/admin.js';
import { SECRET_KEY, startApp, type TestApp } from '../support/app.js';
import { createDatabase, isEmbedded, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/problem.js';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
type Reply = (response: ServerResponse, path: string) => void;

let database: TestDatabase;
let app: TestApp;
let admin: Admin;
let server: Server;
let origin: string;
let received: Received[];
let reply: Reply;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp({ webhookAllowPrivate: true }, database);
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      reply(response, request.url ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await app.close();
  await database.drop();
});
beforeEach(async () => {
  received = [];
  reply = (response) => response.writeHead(204).end();
  admin = await adminOf(app);
});
afterEach(() => app.sql('DELETE FROM tokenjar.webhook_endpoints'));

interface Added {
  id: string;
  secret: string;
}
async function add(path: string, ...events: string[]): Promise<Added> {
  const { status, body } = await admin.post('/auth/admin/webhooks', { url: origin + path, events });
  expect(status).toBe(201);
  // What happens at the same moment is from before.
  app.clock.advance(0.001);
  return body as unknown as Added;
}
/** An event that nothing else in these tests causes. */
async function happens(at = app): Promise<void> {
  await (await at.signedUp()).post('/auth/logout');
}
/** Lets the server do what it does every second. */
async function deliver(of = app): Promise<void> {
  await of.app.get(AuditChain).run();
  await of.app.get(WebhookSending).run();
}
type Logged = Record<'id' | 'event' | 'status' | 'error' | 'next_attempt_at', string> &
  Record<'attempts' | 'response_status', number>;
const log = async (id: string): Promise<Logged[]> => {
  const { body } = await admin.get(`/auth/admin/webhooks/${id}/deliveries`);
  return (body as unknown as { items: Logged[] }).items;
};

test('an endpoint is told what the audit trail records, in the order of nothing but its own ID, and verifies it', async () => {
  const some = await add('/some', 'registration', 'session_ended');
  const all = await add('/all');
  expect(all.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const user = await app.signedUp();
  await user.post('/auth/logout');
  await deliver();
  const at = (path: string) => received.filter((each) => each.path === path);
  const typesAt = (path: string) => at(path).map(({ body }) => (JSON.parse(body) as { type: string }).type);
  expect(typesAt('/some').sort()).toEqual(['registration', 'session_ended']);
  const recorded = await app.sql<{ event: string }>(
    'SELECT event FROM tokenjar.audit_events WHERE at >= $1 ORDER BY id',
    [app.clock.now()],
  );
  expect(typesAt('/all').sort()).toEqual(recorded.map(({ event }) => event).sort());
  for (const [{ secret }, path] of [
    [all, '/all'],
    [some, '/some'],
  ] as const)
    for (const { headers, body } of at(path)) {
      // The library compares with the time of this machine, and ours stands still.
      const now = Math.floor(app.clock.now().getTime() / 1000);
      expect(headers['webhook-timestamp']).toBe(String(now));
      expect(() => verifyAt(now, secret, body, headers)).not.toThrow();
      expect(() => verifyAt(now, secret, body.replace('user', 'User'), headers)).toThrow();
      expect(headers['content-type']).toBe('application/json');
      expect(body.length).toBeLessThan(20_000);
      // Neither address nor secret.
      expect(body).not.toMatch(new RegExp(`${user.email}|127\\.0\\.0\\.1|whsec`));
    }
  const [registered] = at('/some').filter(({ body }) => body.includes('"registration"'));
  const { user_id } = (JSON.parse(registered?.body ?? '') as { data: { user_id: number } }).data;
  expect(await app.sql('SELECT email FROM tokenjar.users WHERE id = $1', [user_id])).toEqual([
    { email: user.email },
  ]);
  await deliver();
  expect(received.length).toBe(2 + recorded.length);
  const { body } = await admin.get('/auth/admin/webhooks');
  expect(JSON.stringify(body)).not.toContain('whsec');
  expect((body as unknown as { items: unknown[] }).items).toHaveLength(2);
});

/** Verifies as the library does at a time. */
function verifyAt(seconds: number, secret: string, body: string, headers: IncomingHttpHeaders): unknown {
  const real = Date.now;
  Date.now = () => seconds * 1000;
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  } finally {
    Date.now = real;
  }
}

test('failures are repeated with one ID, on the schedule, until they are given up, and replayed', async () => {
  const { id } = await add('/', 'session_ended');
  await happens();
  reply = (response) => response.writeHead(500).end();
  for (const delay of [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
    app.clock.advance(delay * 0.99);
    const before = received.length;
    await deliver();
    if (delay > 0) expect(received.length).toBe(before);
    // Jitter adds a tenth at most.
    app.clock.advance(delay * 0.12);
    await deliver();
    expect(received.length).toBe(before + 1);
  }
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
  admin = await adminOf(app);
  const [given] = await log(id);
  expect(given).toMatchObject({
    status: 'failed',
    attempts: 10,
    response_status: 500,
    error: 'the endpoint answered 500',
  });
  expect(received[0]?.headers['webhook-id']).toBe(`msg_${given?.id}`);
  reply = (response) => response.writeHead(200).end('x'.repeat(1_000_000));
  const replayed = await admin.post(`/auth/admin/webhooks/${id}/deliveries/${given?.id}/replay`);
  expect([replayed.status, replayed.body.status]).toEqual([200, 'pending']);
  await deliver();
  expect(received.at(-1)?.headers['webhook-id']).toBe(`msg_${given?.id}`);
  expect((await log(id))[0]).toMatchObject({
    status: 'delivered',
    attempts: 11,
    response_status: 200,
    error: null,
  });
});

test('a redirect is a failure and not followed, Retry-After is honoured, 410 disables', async () => {
  const { id } = await add('/', 'session_ended');
  await happens();
  reply = (response) =>
    response.writeHead(307, { location: `${origin}/elsewhere`, 'retry-after': '120' }).end();
  await deliver();
  expect(received.map(({ path }) => path)).toEqual(['/']);
  const [failed] = await log(id);
  expect(failed).toMatchObject({ status: 'pending', attempts: 1, response_status: 307 });
  const wait = (Date.parse(failed?.next_attempt_at ?? '') - app.clock.now().getTime()) / 1000;
  expect([wait >= 120, wait <= 132]).toEqual([true, true]);
  app.clock.advance(132);
  reply = (response) => response.writeHead(410).end();
  await deliver();
  expect((await log(id))[0]).toMatchObject({ status: 'failed', response_status: 410 });
  const { body } = await admin.get('/auth/admin/webhooks');
  expect(body.items).toMatchObject([{ id, disabled_at: app.clock.now().toISOString() }]);
  expect(
    await app.sql(`SELECT event FROM tokenjar.audit_events WHERE reason = $1 ORDER BY id`, [id]),
  ).toEqual([{ event: 'webhook_added' }, { event: 'webhook_disabled' }]);
  expectProblem(
    await admin.post(`/auth/admin/webhooks/${id}/deliveries/${failed?.id}/replay`),
    'delivery_not_found',
  );
  await happens();
  await deliver();
  expect(received).toHaveLength(2);
});

test('an endpoint that changes to another protocol fails like any other, and holds up no shutdown', async () => {
  const { id } = await add('/', 'session_ended');
  await happens();
  reply = ({ socket }) =>
    socket?.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n');
  await deliver();
  expect((await log(id))[0]).toMatchObject({
    status: 'pending',
    attempts: 1,
    error: 'the endpoint changed to another protocol',
  });
});

test('a slow endpoint holds up no other', async () => {
  const held: ServerResponse[] = [];
  reply = (response, path) => (path === '/slow' ? held.push(response) : response.writeHead(204).end());
  await add('/slow', 'session_ended');
  await add('/quick', 'session_ended');
  for (let i = 0; i < 8; i++) await happens();
  await app.app.get(AuditChain).run();
  const sent = app.app.get(WebhookSending).run();
  const quick = () => Promise.resolve(received.filter(({ path }) => path === '/quick').length);
  await eventually(quick, (count) => count === 8);
  // Of eight, four are on their way to the slow one.
  expect(held.length).toBe(4);
  reply = (response) => response.writeHead(204).end();
  for (const response of held) response.writeHead(204).end();
  await sent;
  expect(received.filter(({ path }) => path === '/slow')).toHaveLength(8);
});

// The embedded database serves one process.
(isEmbedded ? test.skip : test)('several instances send each event once', async () => {
  const other = await startApp({ webhookAllowPrivate: true, clock: app.clock }, database);
  try {
    await add('/', 'session_ended');
    for (let i = 0; i < 12; i++) await happens();
    await Promise.all([deliver(), deliver(other)]);
    await Promise.all([deliver(), deliver(other)]);
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids).size]).toEqual([12, 12]);
  } finally {
    await other.close();
  }
});

test('what was committed before a process died is sent by the next one', async () => {
  const { id } = await add('/', 'session_ended');
  await happens();
  await app.app.get(AuditChain).run();
  // Made and claimed, and never sent: the claim ends.
  await app.app.get(WebhookSending).run();
  await app.sql(
    `UPDATE tokenjar.webhook_deliveries SET delivered_at = NULL, attempts = 1, due_at = $2 WHERE endpoint_id = $1`,
    [id, new Date(app.clock.now().getTime() + 30_000)],
  );
  received = [];
  await deliver();
  expect(received).toHaveLength(0);
  app.clock.advance(30);
  await deliver();
  expect(received).toHaveLength(1);
});

test('an address that is not public is refused when it is added, and at the connection', async () => {
  const strict = await startApp();
  try {
    const by = await adminOf(strict);
    for (const url of [
      origin,
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://[::ffff:10.0.0.1]/',
      'https://localhost/',
    ])
      expectProblem(await by.post('/auth/admin/webhooks', { url }), 'webhook_url_refused');
    const { body } = await by.post('/auth/admin/webhooks', { url: 'https://1.1.1.1/' });
    // Its name had another address when it was added.
    const url = origin.replace('http://127.0.0.1', 'https://localhost');
    await strict.sql('UPDATE tokenjar.webhook_endpoints SET url = $1', [url]);
    strict.clock.advance(1);
    await happens(strict);
    await deliver(strict);
    const { body: logged } = await by.get(`/auth/admin/webhooks/${String(body.id)}/deliveries`);
    expect(received).toHaveLength(0);
    expect((logged.items as Logged[])[0]).toMatchObject({
      status: 'pending',
      response_status: null,
      error: 'the URL is not a public address',
    });
  } finally {
    await strict.close();
  }
});

test('names of events are checked, and what is not there is not found', async () => {
  expectProblem(
    await admin.post('/auth/admin/webhooks', { url: origin, events: ['registrations'] }),
    'input_invalid',
  );
  expectProblem(await admin.post('/auth/admin/webhooks', { url: origin, events: 'login' }), 'input_invalid');
  const none = '0193d2c4-5b5e-7e6a-8f0e-3f5a0c9d8e71';
  expectProblem(await admin.delete(`/auth/admin/webhooks/${none}`), 'webhook_not_found');
  expectProblem(await admin.delete('/auth/admin/webhooks/x'), 'webhook_not_found');
  expectProblem(await admin.get(`/auth/admin/webhooks/${none}/deliveries`), 'webhook_not_found');
  const { id } = await add('/');
  expectProblem(
    await admin.post(`/auth/admin/webhooks/${id}/deliveries/${none}/replay`),
    'delivery_not_found',
  );
  expect((await admin.delete(`/auth/admin/webhooks/${id}`)).status).toBe(204);
  const [deleted] = await app.sql('SELECT actor, ip FROM tokenjar.audit_events ORDER BY id DESC LIMIT 1');
  expect(deleted).toEqual({ actor: expect.stringContaining(`user ${admin.id}`), ip: '127.0.0.1' });
});

test('what a host is told by is managed by nobody, and its secret is none', async () => {
  const host = '00000000-0000-0000-0000-000000000000';
  const added = app.clock.now();
  await app.sql(
    `INSERT INTO tokenjar.webhook_endpoints (id, url, sealed_secret, created_at, after_batch)
      VALUES ($1, 'onEvent', '\\x00', $2, 0)`,
    [host, added],
  );
  const delivery = 'f3c1a5d2-6b0e-4a57-9d0b-0a4a3a8f5c11';
  await app.sql(
    `INSERT INTO tokenjar.webhook_deliveries (id, endpoint_id, event_id, event, payload, created_at, due_at, failed_at)
      VALUES ($1, $2, 1, 'login', '{}', $3, $3, $3)`,
    [delivery, host, added],
  );
  const path = `/auth/admin/webhooks/${host}`;
  expect((await admin.get('/auth/admin/webhooks')).body).toEqual({ items: [], next: null });
  expectProblem(await admin.get(`${path}/deliveries`), 'webhook_not_found');
  expectProblem(await admin.post(`${path}/deliveries/${delivery}/replay`), 'delivery_not_found');
  expectProblem(await admin.delete(path), 'webhook_not_found');
  expect(await app.sql('SELECT id FROM tokenjar.webhook_endpoints')).toEqual([{ id: host }]);
});

test('the log goes back 30 days', async () => {
  const { id } = await add('/', 'session_ended');
  await happens();
  await deliver();
  app.clock.advance(29 * 86_400);
  expect((await app.app.get(Purge).run()).get('webhook deliveries')).toBe(0);
  app.clock.advance(86_400);
  expect((await app.app.get(Purge).run()).get('webhook deliveries')).toBe(1);
  expect(await app.sql('SELECT 1 FROM tokenjar.webhook_deliveries WHERE endpoint_id = $1', [id])).toEqual([]);
});

test('a server that stops in an attempt puts it back; the next one seals the secrets with its own key', async () => {
  const own = await createDatabase();
  const settings = { webhookAllowPrivate: true, secretKeyFallbacks: [SECRET_KEY] };
  try {
    const first = await startApp({ webhookAllowPrivate: true }, own);
    reply = () => undefined;
    const { body } = await (
      await adminOf(first)
    ).post('/auth/admin/webhooks', { url: `${origin}/never`, events: ['session_ended'] });
    first.clock.advance(0.001);
    await happens(first);
    await first.app.get(AuditChain).run();
    void first.app.get(WebhookSending).run();
    await eventually(
      () => received.length,
      (count) => count === 1,
    );
    await first.close();

    const next = await startApp({ ...settings, secretKey: `another one: ${SECRET_KEY}` }, own);
    const [delivery] = await next.sql('SELECT attempts, delivered_at FROM tokenjar.webhook_deliveries');
    expect(delivery).toEqual({ attempts: 0, delivered_at: null });
    const [row] = await next.sql<{ sealed: Buffer }>(
      'SELECT sealed_secret AS sealed FROM tokenjar.webhook_endpoints',
    );
    const opened = new WebhookKeys([`another one: ${SECRET_KEY}`]).open(
      String(body.id),
      row?.sealed ?? Buffer.of(),
    );
    expect(`whsec_${opened?.secret.toString('base64')}`).toBe(body.secret);
    reply = (response) => response.writeHead(204).end();
    next.clock.advance(60);
    await deliver(next);
    await next.close();
    expect(received).toHaveLength(2);
  } finally {
    await own.drop();
  }
});
