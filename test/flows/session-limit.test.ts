import { afterEach, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import type { Answer, Browser } from '../support/browser.js';
import { expectProblem } from '../support/problem.js';

let app: TestApp;
afterEach(() => app.close());

async function signIn(email: string): Promise<Browser & { answer: Answer }> {
  const browser = app.browser();
  const answer = await browser.login(email);
  return Object.assign(browser, { answer });
}

const live = (email: string) =>
  app.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM tokenjar.sessions s JOIN tokenjar.users u ON u.id = s.user_id
     WHERE u.email = $1`,
    [email],
  );

test('ends the least recently used session when the limit is exceeded', async () => {
  app = await startApp({ sessionLimit: 2 });
  const first = await app.signedUp();
  app.clock.advance(130);
  const second = await signIn(first.email);
  app.clock.advance(130);
  // Used since, though it began earlier.
  expect((await first.refresh()).status).toBe(200);
  const third = await signIn(first.email);

  expectProblem(await second.get('/auth/session'), 'token_blacklisted');
  for (const each of [first, third]) expect((await each.get('/auth/session')).status).toBe(200);
  const { body } = await third.get('/auth/sessions/ended');
  expect(body).toEqual([expect.objectContaining({ reason: 'session_limit' })]);
});

test('or refuses the sign-in', async () => {
  app = await startApp({ sessionLimit: 1, sessionLimitPolicy: 'refuse' });
  const first = await app.signedUp();
  const { answer } = await signIn(first.email);
  expect([answer.status, answer.body.code, answer.setCookie]).toEqual([403, 'session_limit_reached', []]);
  expect((await first.get('/auth/session')).status).toBe(200);
  // One that has expired takes no room.
  app.clock.advance(15 * 86_400);
  expect((await signIn(first.email)).answer.status).toBe(200);
});

test.each(['end_oldest', 'refuse'] as const)('holds for ten concurrent sign-ins (%s)', async (policy) => {
  app = await startApp({ sessionLimit: 3, sessionLimitPolicy: policy });
  const { email } = await app.signedUp();
  const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(email)));
  const statuses = answers.map(({ answer }) => answer.status);
  expect(await live(email)).toEqual([{ count: 3 }]);
  expect(statuses.filter((status) => status === 200)).toHaveLength(policy === 'refuse' ? 2 : 10);
});
