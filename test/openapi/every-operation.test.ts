import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uniqueEmail } from '../support/app.js';
import type { OperationRow } from '../../src/http/operation-row.js';
import { type OperationName, rowOf } from '../../src/http/operations.js';
import { operationNamed } from '../support/operations.js';
import { succeeding } from './successes.js';
import { Conversation, JSON_TYPE, SHOWN_PASSWORD, WIRES } from './conversation.js';

/** Who is named in the audit trail as somebody who acts on what is another's. */
const ACTORS: Partial<Record<OperationRow['access'], unknown>> = {
  admin: expect.stringMatching(/^\S+@\S+ \(user \d+\)$/),
  service: expect.stringMatching(/^API key /),
};
const READS = 'it reads';
/** Operations whose success is no event, although they are no `GET`, and why. Whoever adds one lists it or records it. */
const UNRECORDED: Partial<Record<OperationName, string>> = {
  introspectToken: READS,
  verifyToken: READS,
  showLoginCode: READS,
  showPendingLogin: READS,
  refreshToken: 'nothing grows with the number of refreshes',
  exchangeKey: 'as a refresh; making and revoking a key are recorded',
  setUpTotp: 'nothing changes before it is confirmed',
  setUpLoginFactor: 'nothing changes before it is confirmed',
  loginOptions: 'a challenge; the sign-in is recorded',
  passkeyOptions: 'a challenge; the new passkey is recorded',
  reauthenticationOptions: 'a challenge; the reauthentication is recorded',
  createProviderNonce: 'the sign-in that uses it is recorded',
  startProvider: 'the sign-in or the link that it leads to is recorded',
  beginSocialLogin: 'the sign-in that it leads to is recorded',
  beginSocialConnect: 'the link that it leads to is recorded',
  providerCallback: 'without a way to a provider that this browser has begun nothing happens',
  providerNotification: 'about nobody who is linked; test/flows/signing-in-with-apple.test.ts has the others',
};
/** Where the profile has no field that we keep. */
const UNRECORDED_IN_DJANGO: readonly OperationName[] = ['updateUser'];

describe.each(WIRES)('%s', (_name, settings) => {
  let talk: Conversation;
  beforeAll(async () => {
    talk = await Conversation.start(settings);
  });
  afterAll(() => talk.app.close());

  test('every operation succeeds with the documented body, and a change is recorded in the audit trail', async () => {
    const unrecorded = new Set<string>();
    for (const each of talk.operations) {
      const { method, operation } = each;
      const { user, at, json } = await succeeding(talk, each);
      await talk.callerOf(operation, user);
      const last = await talk.lastEvent();
      const { status } = await talk.send(user, at, { json });
      expect([operation.operationId, status]).toEqual([
        operation.operationId,
        Number(Object.keys(operation.responses)[0]),
      ]);
      const name = operationNamed(operation.operationId);
      if (!name || method === 'GET') continue;
      const actors = await talk.actorsSince(last);
      if (actors.length === 0) unrecorded.add(name);
      const wanted = ACTORS[rowOf(name).access] ?? null;
      for (const actor of actors) expect([name, actor]).toEqual([name, wanted]);
    }
    const inDjango = String(settings.dialect).startsWith('django') ? UNRECORDED_IN_DJANGO : [];
    const allowed = [...Object.keys(UNRECORDED), ...inDjango];
    const served = talk.operations.map(({ operation }) => operationNamed(operation.operationId));
    expect([...unrecorded].sort()).toEqual(
      allowed.filter((name) => served.some((one) => one === name)).sort(),
    );
  }, 120_000);

  test('every documented encoding of a body works', async () => {
    for (const { method, path, operation } of talk.operations)
      for (const type of Object.keys(operation.requestBody?.content ?? {})) {
        // Above.
        if (type === JSON_TYPE) continue;
        const { user, at, json: body = {} } = await succeeding(talk, { method, path, operation }, false);
        // A form has no lists.
        if (Object.values(body).some(Array.isArray)) continue;
        const send = await bodyIn(type, body as Record<string, string>);
        const { status } = await talk.send(user, at, send);
        expect([operation.operationId, type, status]).toEqual([
          operation.operationId,
          type,
          Number(Object.keys(operation.responses)[0]),
        ]);
      }
  });

  test('a refresh that rotates or repeats is as documented', async () => {
    const user = await talk.signedIn();
    const refresh = talk.named('refreshToken');
    const json = talk.bodyOf(refresh.operation, user);
    const cookie = json ? '' : `refresh_token=${user.refreshToken}`;
    talk.app.clock.advance(300);
    const rotated = await talk.send(user, refresh, { json, cookie });
    const repeated = await talk.send(user, refresh, { json, cookie });
    expect([rotated.status, repeated.status]).toEqual([200, 200]);
    expect(rotated.setCookie).toHaveLength(settings.refreshTokenIn === 'body' ? 0 : 1);
    talk.app.clock.advance(40);
    const waiting = await talk.send(user, refresh, { json, cookie });
    expect(waiting.status).toBe(503);
    expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('the account of an example can sign in at once', async () => {
    const email = uniqueEmail();
    const register = talk.named('register');
    const shown = register.operation.requestBody?.content[JSON_TYPE]?.examples.example?.value as object;
    await talk.send(talk.app.browser(), register, { json: { ...shown, email } });
    const { status } = await talk.send(talk.app.browser(), talk.named('obtainToken'), {
      json: { email, password: SHOWN_PASSWORD },
    });
    expect(status).toBe(200);
  });
});

async function bodyIn(type: string, fields: Record<string, string>) {
  if (type === JSON_TYPE) return { json: fields };
  if (!type.startsWith('multipart')) return { form: fields };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const body = new Response(form);
  return {
    headers: { 'content-type': body.headers.get('content-type') ?? '' },
    body: new Uint8Array(await body.arrayBuffer()),
  };
}
