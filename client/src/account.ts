/**
 * What people do with their account beside signing in: a forgotten password, links of e-mails, another address, the
 * language, the activity. An entry of its own, for the pages that need it.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type PasswordReset, type User } from './index.js';

/** Something that happened to an account. */
export interface Activity {
  id: string;
  at: string;
  /** Such as `login` or `password_change`; there may be more. */
  event: string;
  outcome: 'success' | 'failure';
  /** How often it happened: what is refused in numbers is one entry a minute. */
  count: number;
  /** Why it failed, or more about what happened, such as `new_device` for a login. */
  reason: string | null;
  session_id: string | null;
  device: string | null;
  ip: string | null;
}

export interface AccountApi<U = User> {
  /**
   * Has an e-mail sent whose link leads to a page that sets a new password. It says the same for an address without an
   * account.
   *
   * @throws `AuthError` `rate_limited`, `input_invalid`, …
   */
  requestPasswordReset: (input: { email: string }) => Promise<void>;
  /**
   * Sets a new password with what stands behind the `#` of that link. All sessions of the account end; nobody is signed
   * in by it.
   *
   * @throws `AuthError` `link_invalid`, `password_too_short`, …
   */
  confirmPasswordReset: (input: PasswordReset) => Promise<void>;
  /** Verifies the address with the `key` of the link. @throws `AuthError` `link_invalid`, … */
  verifyEmail: (input: { key: string }) => Promise<void>;
  /** Has the e-mail sent again that verifies an address. @throws `AuthError` `rate_limited`, … */
  resendVerification: (input: { email: string }) => Promise<void>;
  /**
   * Asks for another address, of whoever is signed in. The new address gets an e-mail; nothing changes before its link.
   *
   * @throws `AuthError` `bad_credentials`, `rate_limited`, …
   */
  changeEmail: (input: { new_email: string; password: string }) => Promise<void>;
  /** Moves the account to the new address, with the `key` of the link. @throws `AuthError` `link_invalid`, … */
  confirmEmailChange: (input: { key: string }) => Promise<void>;
  /** Has an e-mail sent that unlocks an account, if it is locked. @throws `AuthError` `rate_limited`, … */
  requestUnlock: (input: { email: string }) => Promise<void>;
  /** Lets this browser sign in to a locked account, with the `key` of the link. @throws `AuthError` `link_invalid` */
  unlock: (input: { key: string }) => Promise<void>;
  /**
   * Keeps the language that e-mails are written in; null leaves it to the browser. {@link Auth.user} follows. The django
   * dialects do not have it.
   *
   * @param locale a BCP 47 tag.
   */
  setLocale: (locale: string | null) => Promise<U | null>;
  /** What happened to the account, newest first. */
  activity: () => Promise<Activity[]>;
}

/** Makes the rest of the API, with the client of the page. It keeps nothing. */
export function createAccount<U = User>(auth: Auth<U>): AccountApi<U> {
  const { dialect, request, fetch: via } = auth;
  const post = async (path: string, json: object, via?: typeof fetch): Promise<void> =>
    void (await request(path, { method: 'POST', json, ...(via && { via }) }));
  return {
    requestPasswordReset: (input) => post('/password/reset', input),
    confirmPasswordReset: (input) => post('/password/reset/confirm', dialect.request('resetPassword', input)),
    verifyEmail: (input) => post('/registration/verify-email', input),
    resendVerification: (input) => post('/registration/resend-email', input),
    changeEmail: (input) => post('/email/change', input, via),
    confirmEmailChange: (input) => post('/email/change/confirm', input),
    requestUnlock: (input) => post('/login/unlock/resend', input),
    unlock: (input) => post('/login/unlock', input),
    async setLocale(locale) {
      await request('/user', { method: 'PATCH', json: { locale }, via });
      // Here and in the client it is one account.
      return auth.refresh();
    },
    async activity() {
      const events = dialect.content(await request('/activity', { via }), 'activity');
      if (!Array.isArray(events)) throw new AuthError({});
      return events as Activity[];
    },
  };
}
