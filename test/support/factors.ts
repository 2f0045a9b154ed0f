import type { TestApp } from './app.js';
import { type Answer, Browser } from './browser.js';
import { codeOf } from './totp.js';

/** Somebody with an authenticator app. */
export interface AppHolder extends Browser {
  email: string;
  secret: string;
  recoveryCodes: string[];
}

/** Sets an authenticator app up for somebody who is signed in. The clock goes on, so that the next code is another one. */
export async function withTotp(app: TestApp, user: Browser & { email: string }): Promise<AppHolder> {
  const { body: begun } = await user.post('/auth/factors/totp');
  const secret = String(begun.secret);
  const code = codeOf(secret, app.clock.now());
  const { status, body, text } = await user.post('/auth/factors/totp/confirm', { code });
  if (status !== 201) throw new Error(`the app was not confirmed: ${status} ${text}`);
  app.clock.advance(30);
  await user.refresh();
  return Object.assign(user, { secret, recoveryCodes: body.recovery_codes as string[] });
}

/** The second step of a login, with the code of now. */
export const enterCode = (
  app: TestApp,
  browser: Browser,
  secret: string,
  more: object = {},
): Promise<Answer> =>
  browser.post('/auth/login/second-factor', {
    method: 'totp',
    code: codeOf(secret, app.clock.now()),
    ...more,
  });

export const enterRecoveryCode = (browser: Browser, code: string | undefined): Promise<Answer> =>
  browser.post('/auth/login/second-factor', { method: 'recovery_code', code });
