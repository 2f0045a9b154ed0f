/**
 * What users do with their account apart from signing in: password resets, email links, change of address, language,
 * activity. A separate entry point, for the pages that need it.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type Names, type PasswordReset, type Session, type User } from './index.js';

/** An event of an account. */
export interface Activity {
  id: string;
  at: string;
  /** Such as `login` or `password_change`; there may be more. */
  event: string;
  outcome: 'success' | 'failure';
  /** How often it happened: many refusals within a minute are one entry. */
  count: number;
  /** Why it failed, or more about the event, such as `new_device` for a login. */
  reason: string | null;
  session_id: string | null;
  device: string | null;
  ip: string | null;
}

/** One page of a list. */
export interface Page<Item> {
  items: Item[];
  /** The cursor of the next page; undefined on the last one. */
  next: string | undefined;
}

/** What the page of a link sends. */
export interface EmailedKey {
  /** The `key` of the link. */
  key: string;
  /**
   * If given, the link only works if the email was sent to this address. Ask for it where nothing shows that a person has
   * opened the link: mail scanners press buttons, but type nothing. The Django dialects ignore it.
   */
  email?: string | undefined;
}

export interface AccountApi<U = User> {
  /**
   * Sends an email with a link to a page that sets a new password. The response is the same for an address or a username
   * without an account, and for an account without an address.
   *
   * @throws `AuthError` `rate_limited`, `input_invalid`, …
   */
  requestPasswordReset: (input: Names) => Promise<void>;
  /**
   * Sets a new password with the values after the `#` of that link. All sessions of the account end; it does not sign
   * the user in.
   *
   * @throws `AuthError` `link_invalid`, `password_too_short`, …
   */
  confirmPasswordReset: (input: PasswordReset) => Promise<void>;
  /**
   * Accepts an invitation with the `key` of its link, and signs in.
   *
   * @param input `email` as in {@link EmailedKey}; the username for the account, which `SIGN_IN_WITH=username` needs. @throws `AuthError` `link_invalid`, `password_too_short`,
   * `second_factor_setup_required`, …
   */
  acceptInvitation: (input: EmailedKey & { password: string; username?: string | undefined }) => Promise<U>;
  /** Verifies the address with the `key` of the link. @throws `AuthError` `link_invalid`, … */
  verifyEmail: (input: EmailedKey) => Promise<void>;
  /** Sends the verification email again. @throws `AuthError` `rate_limited`, … */
  resendVerification: (input: { email: string }) => Promise<void>;
  /**
   * Requests a change of the user's address. The new address gets an email; nothing changes until its link is used.
   * An account without a password needs a recent sign-in instead.
   *
   * @throws `AuthError` `bad_credentials`, `rate_limited`, …
   */
  changeEmail: (input: { new_email: string; password?: string | undefined }) => Promise<void>;
  /**
   * Changes the address, with the `key` of the link. Nobody needs to be signed in, unless somebody has registered the
   * address recently. @throws `AuthError` `link_invalid`, `sign_in_required`, …
   */
  confirmEmailChange: (input: EmailedKey) => Promise<void>;
  /** Sends an email that unlocks an account. @throws `AuthError` `rate_limited`, … */
  requestUnlock: (input: { email: string }) => Promise<void>;
  /** Unlocks a locked account for this browser, with the `key` of the link. @throws `AuthError` `link_invalid` */
  unlock: (input: EmailedKey) => Promise<void>;
  /**
   * Stores the language of emails; null leaves it to the browser. {@link Auth.user} is updated. Not available in the
   * Django dialects.
   *
   * @param locale a BCP 47 tag.
   */
  setLocale: (locale: string | null) => Promise<U | null>;
  /**
   * Changes the username, which needs a recent sign-in. {@link Auth.user} is updated, and the owner is told by email.
   *
   * @throws `AuthError` `username_taken`, `input_invalid`, `insufficient_user_authentication`, …
   */
  setUsername: (username: string) => Promise<U | null>;
  /**
   * Changes profile fields that the server's host has added; others stay. {@link Auth.user} is updated where a refresh
   * tells the user, as in the standard dialect.
   *
   * @returns the changed user. @throws `AuthError` `input_invalid` with `errors` by field, …
   */
  setProfile: (fields: Readonly<Record<string, unknown>>) => Promise<U>;
  /** The newest events of the account, up to 100. */
  activity: () => Promise<Activity[]>;
  /**
   * A page of the events of the account, newest first.
   *
   * @param cursor `next` of the page before; without it, the first page.
   */
  activityPage: (cursor?: string) => Promise<Page<Activity>>;
  /** A page of the sessions of the account, newest first. @param cursor as in {@link activityPage}. */
  sessionsPage: (cursor?: string) => Promise<Page<Session>>;
}

/** Creates the account API on top of the client of the page. It has no state. */
export function createAccount<U = User>(auth: Auth<U>): AccountApi<U> {
  const { dialect, request } = auth;
  const via: typeof fetch = (...sent) => auth.fetch(...sent);
  const post = async (path: string, json: object, via?: typeof fetch): Promise<void> =>
    void (await request(path, { method: 'POST', json, ...(via && { via }) }));
  async function page<Item>(name: 'activity' | 'sessions', cursor = ''): Promise<Page<Item>> {
    let link: string | null = null;
    const seen: typeof fetch = async (...sent) => {
      const response = await via(...sent);
      link = response.headers.get('Link');
      return response;
    };
    const query = cursor && `?cursor=${encodeURIComponent(cursor)}`;
    const items = dialect.content(await request(`/${name}${query}`, { via: seen }), name);
    if (!Array.isArray(items)) throw new AuthError({});
    return { items: items as Item[], next: cursorOf(link) };
  }
  async function update(json: object): Promise<U | null> {
    await request('/user', { method: 'PATCH', json, via });
    // So that the client knows the change too.
    return auth.refresh();
  }
  return {
    requestPasswordReset: (input) => post('/password/reset', input),
    confirmPasswordReset: (input) => post('/password/reset/confirm', dialect.request('resetPassword', input)),
    async acceptInvitation(input) {
      await auth.exchange('/invitations/accept', 'login', input);
      return auth.user as U;
    },
    verifyEmail: (input) => post('/registration/verify-email', input),
    resendVerification: (input) => post('/registration/resend-email', input),
    changeEmail: (input) => post('/email/change', input, via),
    confirmEmailChange: (input) => post('/email/change/confirm', input, via),
    requestUnlock: (input) => post('/login/unlock/resend', input),
    unlock: (input) => post('/login/unlock', input),
    setLocale: (locale) => update({ locale }),
    setUsername: (username) => update({ username }),
    async setProfile(fields) {
      const body = await request('/user', { method: 'PATCH', json: fields, via });
      await auth.refresh();
      return dialect.content(body, 'user') as U;
    },
    activity: async () => (await page<Activity>('activity')).items,
    activityPage: (cursor) => page('activity', cursor),
    sessionsPage: (cursor) => page('sessions', cursor),
  };
}

/** The cursor in `<?cursor=…>; rel="next"` (RFC 8288). */
function cursorOf(link: string | null): string | undefined {
  const [, query] = /<\?([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '') ?? [];
  return new URLSearchParams(query).get('cursor') ?? undefined;
}
