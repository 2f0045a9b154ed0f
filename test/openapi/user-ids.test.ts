import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditChain } from '../../src/audit/audit-chain.js';
import { namesUser } from '../../src/http/operation-row.js';
import { rowOf } from '../../src/http/operations.js';
import { Mailer, type OutgoingEmail } from '../../src/mail/mailer.js';
import { Sending } from '../../src/mail/sending.js';
import { PrometheusMetrics } from '../../src/metrics/prometheus-metrics.js';
import type { TokenjarInput } from '../../src/tokenjar.module.js';
import { WebhookFanOut } from '../../src/webhooks/webhook-fan-out.js';
import type { Answer, Browser } from '../support/browser.js';
import { isLong } from '../support/long.js';
import { readPart } from '../support/jwt.js';
import { operationNamed } from '../support/operations.js';
import { Conversation, DIALECTS } from './conversation.js';
import { succeeding } from './successes.js';

/** Digits that nothing else has: no date, no size, no other key. */
const FIRST_ID = 7_411_000_000_000;
const INTEGER = /7411000000\d{3}/;
/** The same in base 36, as links have them. */
const IN_LINKS = new RegExp(FIRST_ID.toString(36).slice(0, 6));
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What an answer says, with the claims of the tokens in it. */
function saidBy({ text, headers, setCookie }: Answer): string {
  const said = `${text} ${setCookie.join(' ')} ${headers.get('link') ?? ''}`;
  const tokens = said.match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g) ?? [];
  return [said, ...tokens.map((token) => JSON.stringify(readPart(token, 1)))].join(' ');
}

/** The IDs of users in a value: as the documents name them. */
function* idsIn(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  const { id, pk, user_id, invited_by, sub, ...rest } = value as Record<string, unknown>;
  const isUser = 'email_verified' in rest;
  const ids = [pk, user_id, invited_by, sub, isUser ? id : undefined];
  yield* ids.filter((each) => each !== undefined && each !== null);
  if ('roles' in rest && 'session' in rest) yield (rest.user as { id: unknown }).id;
  for (const each of Object.values(value)) yield* idsIn(each);
}

/** Quick: one dialect of each kind of body. */
const NAMES = isLong ? DIALECTS : (['standard', 'django'] as const);

const ON: TokenjarInput = { emailCodeLogin: true, apiKeys: true, webhookAllowPrivate: true };

/** What has an ID of a user in its path, as the table of operations says. */
const ABOUT_USERS = (talk: Conversation) =>
  talk.operations.filter(({ operation }) => {
    const name = operationNamed(operation.operationId);
    return name !== undefined && namesUser(rowOf(name));
  });

/** An ID of the form that is not shown names nobody, though there is a user who has it. */
async function expectNobody(talk: Conversation, column: 'id' | 'public_id', unknown: string): Promise<void> {
  const operations = ABOUT_USERS(talk);
  expect(operations.length).toBeGreaterThan(10);
  for (const each of operations) {
    const { user, at, json } = await succeeding(talk, each);
    const answers: unknown[] = [];
    const [row] = await talk.app.sql<{ other: string }>(
      `SELECT ${column}::text AS other FROM tokenjar.users WHERE email = $1`,
      [user.email],
    );
    for (const id of [row?.other, unknown]) {
      const path = at.path.replace(/(?<=\/users\/)[^/]+/, String(id));
      const { status, body } = await talk.send(user, { ...at, path }, { json });
      answers.push([at.operation.operationId, status, body.code ?? body.message]);
    }
    expect(answers[0]).toEqual([at.operation.operationId, 404, expect.anything()]);
    expect(answers[0]).toEqual(answers[1]);
  }
}

describe.each(NAMES)('%s with USER_ID=uuid', (dialect) => {
  let talk: Conversation;
  const integers: string[] = [];
  const shown = new Set<unknown>();
  let asked = '';
  const metrics = new PrometheusMetrics();
  const emails: OutgoingEmail[] = [];
  class Mailbox extends Mailer {
    override send(email: OutgoingEmail): Promise<void> {
      emails.push(email);
      return Promise.resolve();
    }
  }
  beforeAll(async () => {
    const links = { resetPasswordLink: '/reset/{uid}/{token}', verifyEmailLink: '/verify/{uid}/{key}' };
    const mailer = new Mailbox();
    talk = await Conversation.start({ dialect, userId: 'uuid', mailer, metrics, ...ON, ...links });
    await talk.app.sql(`ALTER SEQUENCE tokenjar.users_id_seq RESTART WITH ${FIRST_ID}`);
    talk.heard = (answer) => {
      const said = saidBy(answer);
      if (INTEGER.test(said) || IN_LINKS.test(said)) integers.push(`${asked}: ${said}`);
      for (const each of idsIn(answer.body)) shown.add(each);
      for (const [token] of said.matchAll(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g))
        for (const each of idsIn(readPart(token, 1))) shown.add(each);
    };
  });
  afterAll(() => talk.app.close());

  const byAdmin = async (path: string) => {
    const { operation } = talk.named('getManagedUser');
    const admin: Browser = await talk.callerOf(operation, talk.app.browser());
    return admin.get(path);
  };

  test('no answer of any operation shows the integer of a user, nor does a token', async () => {
    for (const each of talk.operations) {
      asked = each.operation.operationId;
      const { user, at, json } = await succeeding(talk, each);
      const { status } = await talk.send(user, at, { json });
      expect([asked, status]).toEqual([asked, Number(Object.keys(each.operation.responses)[0])]);
    }
    expect(integers).toEqual([]);
    expect(shown.size).toBeGreaterThan(talk.operations.length);
    expect([...shown].filter((each) => !UUID.test(String(each)))).toEqual([]);
  }, 120_000);

  test('nor does what is said elsewhere of it: the log, metrics, emails, webhooks and names in the audit trail', async () => {
    const { app } = talk;
    app.clock.advance(1);
    await talk.signedIn();
    await app.sql(`UPDATE tokenjar.webhook_endpoints SET events = '{}'`);
    for (const due of [AuditChain, WebhookFanOut, Sending]) await app.app.get(due, { strict: false }).run();
    const payloads = await app.sql<{ payload: string }>('SELECT payload FROM tokenjar.webhook_deliveries');
    const events = await app.sql('SELECT actor, reason FROM tokenjar.audit_events');
    const said = {
      log: app.log,
      requests: app.requestLog.map((line) => JSON.stringify(line)),
      emails: emails.map((each) => JSON.stringify(each)),
      webhooks: payloads.map(({ payload }) => payload),
      events: events.map((each) => JSON.stringify(each)),
      metrics: (await metrics.text()).split('\n'),
    };
    for (const [where, lines] of Object.entries(said)) {
      if (where !== 'log') expect([where, lines.length]).not.toEqual([where, 0]);
      expect([where, lines.filter((line) => INTEGER.test(line) || IN_LINKS.test(line))]).toEqual([where, []]);
    }
    expect(app.requestLog.filter(({ user_id: id }) => UUID.test(String(id))).length).toBeGreaterThan(100);
    expect(
      said.emails.filter((each) => /\/(reset|verify)\/[0-9a-f]{32}\//.test(each)).length,
    ).toBeGreaterThan(0);
  });

  test('every ID that was shown is accepted where one is taken, and no integer is', async () => {
    for (const id of shown) {
      const found = await byAdmin(`/auth/admin/users/${String(id)}`);
      const events = await byAdmin(`/auth/admin/audit?user_id=${String(id)}&limit=5`);
      expect([200, 404]).toContain(found.status);
      if (found.status === 200) expect(found.body.id).toBe(id);
      const items = events.body.items as { user_id: unknown }[];
      // Users who were deleted too.
      expect(new Set(items.map((item) => item.user_id))).toEqual(new Set([id]));
    }
    expect((await byAdmin(`/auth/admin/users/${FIRST_ID}`)).status).toBe(404);
    const refused = await byAdmin(`/auth/admin/audit?user_id=${FIRST_ID}`);
    expect([refused.status, refused.body.code]).toEqual([400, 'input_invalid']);
    await expectNobody(talk, 'id', '2f0d6a5e-8a3b-4c53-9a0e-51d1a7f3b0c4');
    const [some = ''] = [...shown].map(String);
    expect((await byAdmin(`/auth/admin/users/${some.toUpperCase()}`)).body.id).toBe(some);
  });
});

test('with USER_ID=integer a UUID names nobody', async () => {
  const talk = await Conversation.start({ userId: 'integer', ...ON });
  try {
    await expectNobody(talk, 'public_id', '999999999');
    const admin = await talk.callerOf(talk.named('listAudit').operation, talk.app.browser());
    const [row] = await talk.app.sql<{ id: string }>('SELECT public_id AS id FROM tokenjar.users LIMIT 1');
    const refused = await admin.get(`/auth/admin/audit?user_id=${row?.id}`);
    expect([refused.status, refused.body.code]).toEqual([400, 'input_invalid']);
    expect((await admin.get(`/auth/admin/users?search=${row?.id}`)).body.items).toEqual([]);
  } finally {
    await talk.app.close();
  }
}, 120_000);
