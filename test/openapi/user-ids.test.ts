import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, Browser } from '../support/browser.js';
import { isLong } from '../support/long.js';
import { readPart } from '../support/jwt.js';
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

describe.each(NAMES)('%s with USER_ID=uuid', (dialect) => {
  let talk: Conversation;
  const integers: string[] = [];
  const shown = new Set<unknown>();
  let asked = '';
  beforeAll(async () => {
    talk = await Conversation.start({ dialect, userId: 'uuid', emailCodeLogin: true, apiKeys: true });
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
    const [some = ''] = [...shown].map(String);
    expect((await byAdmin(`/auth/admin/users/${some.toUpperCase()}`)).body.id).toBe(some);
  });
});
