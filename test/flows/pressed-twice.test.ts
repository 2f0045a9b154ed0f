import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startApp, type TestApp, uniqueEmail } from '../support/app.js';
import { type MailServer, secretOf, startMailServer } from '../support/smtp.js';

let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
});
afterAll(() => mail.stop());

describe.each(['mandatory', 'optional'] as const)(
  'a button that is pressed twice (%s)',
  (emailVerification) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ smtpUrl: mail.url, frontendUrl: 'https://app.example', emailVerification });
    });
    afterAll(() => app.close());

    const press = async (path: string, key: string, times = 1) => {
      const answers = await Promise.all(
        Array.from({ length: times }, () => app.browser().post(path, { key })),
      );
      return answers.map(({ status, body }) => body.code ?? status);
    };
    const VERIFY = '/auth/registration/verify-email';
    const CONFIRM = '/auth/email/change/confirm';
    const signUp = async () => {
      const email = uniqueEmail();
      await app.browser().post('/auth/registration', { email, password: PASSWORD });
      return { email, key: secretOf((await mail.emailTo(email)).link) };
    };
    const signIn = async (email: string) => {
      const browser = app.browser();
      expect((await browser.login(email)).status).toBe(200);
      return browser;
    };
    const verifications = async (email: string) =>
      app.sql(
        `SELECT 1 FROM tokenjar.audit_events WHERE event = 'email_verification' AND outcome = 'success'
         AND user_id = (SELECT id FROM tokenjar.users WHERE email = $1)`,
        [email],
      );

    test('confirms a verification twice, at once and later, and does it once', async () => {
      const { email, key } = await signUp();
      expect(await press(VERIFY, key, 4)).toEqual([200, 200, 200, 200]);
      app.clock.advance(3600);
      expect(await press(VERIFY, key)).toEqual([200]);
      expect(await verifications(email)).toHaveLength(1);
      expect(await press(CONFIRM, key)).toEqual(['link_invalid']);
      app.clock.advance(2 * 86_400);
      expect(await press(VERIFY, key)).toEqual(['link_invalid']);
    });

    test('confirms a moved account while it has the address', async () => {
      const [{ email, key }, next] = [await signUp(), uniqueEmail()];
      await press(VERIFY, key);
      const user = await signIn(email);
      const move = async (to: string, count: number) => {
        await user.post('/auth/email/change', { new_email: to, password: PASSWORD });
        return secretOf((await mail.emailTo(to, count)).link);
      };
      const moved = await move(next, 1);
      expect(await press(CONFIRM, moved, 3)).toEqual([200, 200, 200]);
      // Of the address that it left, nothing is verified any more.
      expect(await press(VERIFY, key)).toEqual(['link_invalid']);
      expect(await press(CONFIRM, await move(uniqueEmail(), 1))).toEqual([200]);
      expect(await press(CONFIRM, moved)).toEqual(['link_invalid']);
    });

    test('refuses it once the account is gone', async () => {
      const { email, key } = await signUp();
      await press(VERIFY, key);
      expect((await (await signIn(email)).delete('/auth/user', { password: PASSWORD })).status).toBe(204);
      expect(await press(VERIFY, key)).toEqual(['link_invalid']);
    });
  },
);
