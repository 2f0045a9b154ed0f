import type { User } from './index.js';

/** A provider of the settings (`PROVIDERS`), for a button. */
export interface Provider {
  /** Such as `google`. */
  id: string;
  name: string;
}

/** An account at a provider that is linked to the user's. */
export interface Identity {
  id: string;
  /** Its ID, as in {@link Provider}; it may not be among the settings any more. */
  provider: string;
  /** The address that the provider named last, verified or not. */
  email: string | null;
  /** The name that the provider gave, if it did. */
  name: string | null;
  created_at: string;
  last_used_at: string | null;
}

export interface ProviderTrip {
  /**
   * Where the browser comes back to: a page that calls {@link ProvidersApi.result}. **Shape** a path on `FRONTEND_URL`,
   * or a URL of it or of one of `TRUSTED_ORIGINS`.
   *
   * @defaultValue this page
   */
  return_to?: string | undefined;
}

export interface ProviderSignIn extends ProviderTrip {
  /** As for a login. */
  remember?: boolean | undefined;
}

/**
 * What came of it.
 *
 * - `signed_in`: the user is signed in, here and in the other tabs.
 * - `linked`, `reauthenticated`: what was asked for is done.
 * - `email_required`: the provider gave no verified address. Ask for one: {@link ProvidersApi.requestCode}, then
 *   {@link ProvidersApi.confirmCode}.
 */
export type ProviderOutcome<U = User> =
  { outcome: 'signed_in'; user: U } | { outcome: 'linked' | 'reauthenticated' | 'email_required' };

/** All methods throw `AuthError`. */
export interface ProvidersApi<U = User> {
  /** The providers, in the order of the buttons. */
  list: () => Promise<Provider[]>;
  /**
   * Leaves the page for the provider. It resolves only if the user comes back to this page by the back button.
   *
   * @throws `AuthError` `provider_unavailable`, `return_to_refused`, …
   */
  signInWith: (provider: string, trip?: ProviderSignIn) => Promise<void>;
  /**
   * Leaves the page to link an account at the provider. It needs a recent sign-in.
   *
   * @throws `AuthError` `insufficient_user_authentication`, …; with `withStepUp`, the user is asked instead.
   */
  link: (provider: string, trip?: ProviderTrip) => Promise<void>;
  /** Leaves the page to prove again, at the provider, who the user is. */
  reauthenticateWith: (provider: string, trip?: ProviderTrip) => Promise<void>;
  /**
   * What came of it, on the page that the browser comes back to. Call it on page load, before a router reads the
   * address: it removes the fragment from the address bar. Later calls return the same.
   *
   * @returns null if the browser does not come from a provider.
   * @throws `AuthError` with a stable code: `access_denied` if the user cancelled there, `state_missing`,
   * `account_exists`, `identity_taken`, …; `second_factor_required` and `second_factor_setup_required` as after a
   * password, for `pendingLogin` of `@tokenjar/client/factors`.
   */
  result: () => Promise<ProviderOutcome<U> | null>;
  /** After `email_required`: has a code sent to an address. */
  requestCode: (input: { email: string }) => Promise<void>;
  /**
   * Signs in with that code, or the `key` of the link in the email.
   *
   * @throws `AuthError` `code_wrong`, `login_expired`, `account_exists`, `second_factor_required`, …
   */
  confirmCode: (input: { code: string } | { key: string }) => Promise<U>;

  /** The linked accounts of the user, the oldest first. */
  identities: () => Promise<Identity[]>;
  /** Needs a recent sign-in. @throws `AuthError` `last_sign_in_method`, `insufficient_user_authentication`, … */
  unlink: (id: string) => Promise<void>;
}
