import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MEASURES } from '../../src/measures.js';
import { PrometheusMetrics } from '../../src/metrics/prometheus-metrics.js';
import { Purge } from '../../src/housekeeping/purge.js';
import { PASSWORD, startApp, uniqueEmail } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type MailApp, startMailApp } from '../support/mail-app.js';
import { rawRequest } from '../support/raw-request.js';

let started: MailApp;
let metrics: PrometheusMetrics;
beforeAll(async () => {
  metrics = new PrometheusMetrics().watchProcess();
  started = await startMailApp({ metrics });
});
afterAll(() => started.close());

/** The value of a sample, written as Prometheus does; 0 if there is none. */
async function valueOf(sample: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** By how much a sample grows. */
async function growth(sample: string, act: () => Promise<unknown>): Promise<number> {
  const before = await valueOf(sample);
  await act();
  // A request is measured when its response has been sent, which is after its client has it.
  const after = await eventually(
    () => valueOf(sample),
    (value) => value > before,
  );
  return after - before;
}

const requests = (operation: string, status: number): string =>
  `tokenjar_requests_total{operation="${operation}",status="${status}"}`;
const logins = (method: string, outcome: string): string =>
  `tokenjar_logins_total{method="${method}",outcome="${outcome}"}`;

describe('requests', () => {
  test('are counted under the name of their operation, and timed', async () => {
    const { app } = started;
    const user = await app.signedUp();
    expect(await growth(requests('getUser', 200), () => user.get('/auth/user'))).toBe(1);
    expect(await growth(requests('getUser', 401), () => app.browser().get('/auth/user'))).toBe(1);
    expect(
      await growth('tokenjar_request_duration_seconds_count{operation="getUser"}', () =>
        user.get('/auth/user'),
      ),
    ).toBe(1);
    expect(await growth(requests('ready', 200), () => user.get('/health/ready'))).toBe(1);
    expect(await growth(requests('jwks', 200), () => user.get('/.well-known/jwks.json'))).toBe(1);
  });

  test('that reach no route are counted together, whatever is in their address', async () => {
    const { app } = started;
    const browser = app.browser();
    expect(await growth(requests('none', 404), () => browser.get('/wp-login.php?secret=hidden'))).toBe(1);
    expect(await growth(requests('none', 400), () => browser.get('/auth/%ff'))).toBe(1);
    expect(await growth(requests('none', 400), () => rawRequest(app.url, ['NO HTTP']))).toBe(1);
    expect(await metrics.text()).not.toMatch(/wp-login|hidden|%ff/);
  });

  test('refused before their operation is known belong to their route all the same', async () => {
    const { app } = started;
    const sent = () =>
      app
        .browser()
        .send('POST', '/auth/login', { body: '{', headers: { 'content-type': 'application/json' } });
    const total = async () =>
      (await valueOf(requests('none', 400))) + (await valueOf(requests('other', 400)));
    const before = await total();
    await sent();
    expect(await eventually(total, (value) => value > before)).toBe(before + 1);
  });
});

describe('sign-ins', () => {
  test('are counted by method and outcome', async () => {
    const { app } = started;
    const email = uniqueEmail();
    const register = () => app.browser().post('/auth/registration', { email, password: PASSWORD });
    expect(await growth(logins('registration', 'success'), register)).toBe(1);
    expect(await growth(logins('password', 'success'), () => app.browser().login(email))).toBe(1);
    expect(
      await growth(logins('password', 'bad_credentials'), () => app.browser().login(email, 'wrong')),
    ).toBe(1);
    expect(
      await growth(logins('password', 'bad_credentials'), () => app.browser().login(uniqueEmail())),
    ).toBe(1);
  });

  test('that did not end in a session are no success', async () => {
    const stray = () => started.app.browser().get('/auth/providers/nobody/callback?state=x');
    const before = await valueOf(logins('provider', 'success'));
    expect(await growth(logins('provider', 'state_missing'), stray)).toBe(1);
    expect(await valueOf(logins('provider', 'success'))).toBe(before);
    const own = new PrometheusMetrics();
    const strict = await startApp({ metrics: own, emailVerification: 'mandatory' });
    try {
      await strict.browser().post('/auth/registration', { email: uniqueEmail(), password: PASSWORD });
      const sample = `${logins('registration', 'email_not_verified')} 1`;
      const text = await eventually(
        () => own.text(),
        (each) => each.includes(sample),
      );
      expect(text).toContain(sample);
    } finally {
      await strict.close();
    }
  });
});

describe('refreshes', () => {
  const refreshes = (verdict: string): string => `tokenjar_refreshes_total{verdict="${verdict}"}`;

  test('are counted by verdict', async () => {
    const { app } = started;
    const user = await app.signedUp();
    expect(await growth(refreshes('keep'), () => user.refresh())).toBe(1);
    const copy = await user.copy();
    app.clock.advance(150);
    expect(await growth(refreshes('rotate'), () => user.refresh())).toBe(1);
    expect(await growth(refreshes('repeat'), () => copy.refresh())).toBe(1);
    const thief = await user.copy();
    for (let i = 0; i < 2; i++) {
      app.clock.advance(150);
      await user.refresh();
    }
    app.clock.advance(150);
    expect(await growth(refreshes('reuse'), () => thief.refresh())).toBe(1);
    expect(await growth(refreshes('ended'), () => user.refresh())).toBe(1);
  });
});

test('the queue of password hashes, the pool, the feed and the outbox are watched', async () => {
  const { app, mail } = started;
  const text = await metrics.text();
  for (const gauge of [
    ...['tokenjar_hashes_waiting', 'tokenjar_hashes_running', 'tokenjar_blacklist_entries'],
    ...['tokenjar_feed_age_seconds', 'tokenjar_database_connections', 'tokenjar_database_connections_idle'],
    ...['tokenjar_database_waiting', 'tokenjar_outbox_emails', 'tokenjar_outbox_age_seconds'],
    ...['tokenjar_webhook_age_seconds', 'nodejs_eventloop_lag_p99_seconds'],
  ])
    expect(text).toMatch(new RegExp(`^${gauge} [\\d.e-]+$`, 'm'));
  expect(await valueOf('tokenjar_database_connections')).toBeGreaterThan(0);

  const { email } = await app.verified();
  mail.refuse = () => ({ code: 451, text: 'later' });
  const emails = (outcome: string) => `tokenjar_emails_total{kind="reset_password",outcome="${outcome}"}`;
  const reset = () => app.browser().post('/auth/password/reset', { email });
  expect(await growth(emails('postponed'), reset)).toBe(1);
  expect(await valueOf('tokenjar_outbox_emails')).toBe(1);
  app.clock.advance(40);
  expect(await valueOf('tokenjar_outbox_age_seconds')).toBeGreaterThanOrEqual(40);
  mail.refuse = () => undefined;
  app.clock.advance(3600);
  expect(await growth(emails('sent'), () => mail.emailTo(email))).toBe(1);
  expect(
    await eventually(
      () => valueOf('tokenjar_outbox_emails'),
      (count) => count === 0,
    ),
  ).toBe(0);
  expect(await valueOf('tokenjar_outbox_age_seconds')).toBe(0);
});

test('more hashes at once than there are threads wait, and how long is measured', async () => {
  const { app } = started;
  const wait = () => Promise.all(Array.from({ length: 40 }, () => app.browser().login(uniqueEmail())));
  expect(await growth('tokenjar_hash_wait_seconds_count', wait)).toBeGreaterThan(0);
});

test('a purge is dated, and what it deletes is counted', async () => {
  const { app } = started;
  expect(await metrics.text()).not.toMatch(/^tokenjar_purge_timestamp_seconds /m);
  await app.signedUp();
  app.clock.advance(40 * 86_400);
  const expired = 'tokenjar_purged_rows_total{what="expired sessions"}';
  expect(await growth(expired, () => app.app.get(Purge).run())).toBeGreaterThan(0);
  expect(await valueOf('tokenjar_purge_timestamp_seconds')).toBe(
    Math.floor(app.clock.now().getTime() / 1000),
  );
});

test('has all metrics of the table', async () => {
  const text = await metrics.text();
  for (const [name, { help }] of Object.entries(MEASURES)) expect(text).toContain(`# HELP ${name} ${help}\n`);
});
