import { AuthError, type Body } from '@tokenjar/client';
import { auth, dialect } from './auth.ts';
import { settings } from './settings.ts';

const isDjango = settings.dialect.startsWith('django');

/** What letters are asked for and what they bring. A `key` or `token` stands behind the # of a letter's link. */
export const letters = {
  verify: (key: string) => post('/registration/verify-email', { key }),
  resendVerification: (email: string) => post('/registration/resend-email', { email }),
  confirmEmail: (key: string) => post('/email/change/confirm', { key }),
  askForReset: (email: string) => post('/password/reset', { email }),
  changeEmail: (input: { new_email: string; password: string }) => post('/email/change', input, auth.fetch),
  resetPassword: ({ token, uid, password }: { token: string; uid: string; password: string }) =>
    post(
      '/password/reset/confirm',
      isDjango
        ? { uid, token, new_password1: password, new_password2: password }
        : { token, new_password: password },
    ),
};

/** @throws {AuthError} for anything but a success. */
async function post(path: string, json: object, send: typeof fetch = fetch): Promise<void> {
  let response: Response;
  let body: Body;
  try {
    response = await send(settings.baseUrl + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
    body = JSON.parse((await response.text()) || '{}') as Body;
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new AuthError({ cause });
  }
  if (response.ok) return;
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  throw new AuthError(dialect.problem(body), response.status, retryAfter);
}
