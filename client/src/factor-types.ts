import type { User } from './index.js';

/** How a sign-in can go on; there may be more. */
export type LoginMethod = 'totp' | 'recovery_code' | 'passkey' | 'password' | (string & {});

/** A sign-in that lacks a step. It goes on in the same browser. */
export interface PendingLogin {
  /** Whether a second factor has to be set up; otherwise it has to be proved. */
  isSetup: boolean;
  methods: LoginMethod[];
  /** When it has to begin anew. **Unit** seconds. */
  expiresIn: number;
  /** What goes along with each step, where the server does not keep it in a cookie. */
  token: object;
}

/** A proof of a second factor; or the password, after a passkey that did not verify the user. */
export type SecondFactor = (
  { method: 'totp' | 'recovery_code'; code: string } | { method: 'password'; password: string }
) & {
  /** Skips the second factor in this browser for 30 days. */
  trust_device?: boolean | undefined;
};

/** How users prove again who they are. */
export type Reauthentication =
  | { method: 'password'; password: string }
  | { method: 'totp' | 'email_code'; code: string }
  | { method: 'passkey' };

export interface SignedIn<U = User> {
  user: U;
  /** If the step has set up the first factor: shown once, and never again. */
  recoveryCodes?: string[];
}

/** What an authenticator app needs. */
export interface TotpSetup {
  /** For typing. **Shape** base32. */
  secret: string;
  /** For a QR code. **Shape** `otpauth://totp/…`. */
  uri: string;
}

export interface Factor {
  id: string;
  type: 'totp' | 'passkey';
  name: string | null;
  created_at: string;
  last_used_at: string | null;
}

/** A browser that skips the second factor. */
export interface TrustedDevice {
  id: string;
  name: string | null;
  created_at: string;
  expires_at: string;
}

export interface FactorList {
  factors: Factor[];
  recovery_codes_left: number;
  /** Whether the account has a password; one that came from a provider may have none. */
  has_password: boolean;
  /** Whether the account has to have a factor, so that its last one cannot be removed. */
  required: boolean;
  trusted_devices: TrustedDevice[];
  /** When all factors will be removed, at the request of an operator; see {@link FactorsApi.cancelReset}. */
  reset_at: string | null;
  /** The only one that will be removed, if the operator asked for one. */
  reset_factor_id: string | null;
}

export interface AddedFactor {
  factor: Factor;
  /** With the first factor: shown once, and never again. */
  recovery_codes?: string[];
}

/** How the browser asks for a passkey. */
export interface PasskeyPrompt {
  /** `conditional`: passkeys are offered in the autofill of a field with `autocomplete="username webauthn"`. */
  mediation?: 'conditional' | undefined;
  /** Cancels it. Another request for a passkey does too. */
  signal?: AbortSignal | undefined;
}

export interface PasskeySignIn extends PasskeyPrompt {
  /** The login that it completes; without one, the passkey is all there is to it. */
  pending?: PendingLogin | undefined;
  /** As in {@link SecondFactor}. */
  trust_device?: boolean | undefined;
  /** As for a login. */
  remember?: boolean | undefined;
}

/**
 * All methods throw `AuthError`. If the browser gets no passkey, its `code` is `passkey_cancelled`, `passkey_exists` (this
 * device has one already) or `passkey_failed`.
 */
export interface FactorsApi<U = User> {
  /**
   * Completes a login, here and in the other tabs.
   *
   * @throws `AuthError` `second_factor_wrong`, `login_expired`, `rate_limited`, …; `second_factor_required` if yet another
   * step is missing.
   */
  verify: (answer: SecondFactor, pending?: PendingLogin) => Promise<SignedIn<U>>;
  /**
   * Begins to set up an authenticator app within a login that demands it; {@link verify} with its first code completes
   * both. A passkey is set up by {@link signInWithPasskey} with that login.
   */
  setUpTotp: (pending?: PendingLogin) => Promise<TotpSetup>;
  /**
   * Signs in with a passkey, or completes a login with one. With `mediation: 'conditional'` it waits until the user picks
   * one, and renews its challenge in the meantime.
   *
   * @throws `AuthError` `passkey_invalid`, …; `second_factor_required` if the passkey has not verified the user.
   */
  signInWithPasskey: (options?: PasskeySignIn) => Promise<SignedIn<U>>;
  /** Sends an email with a code and a link. The response is the same for an address without an account. */
  requestCode: (input: { email: string; remember?: boolean | undefined }) => Promise<void>;
  /** Signs in with the code, or with the `key` of the link; only in the browser that has requested it. */
  confirmCode: (input: { code: string } | { key: string }) => Promise<SignedIn<U>>;
  /** The code that belongs to the link, for a page that was opened in another browser. */
  showCode: (input: { key: string }) => Promise<string>;
  /** Proves again who the user is. @throws `AuthError` `bad_credentials`, `second_factor_wrong`, `passkey_invalid`, … */
  reauthenticate: (answer: Reauthentication) => Promise<void>;

  list: () => Promise<FactorList>;
  /** Begins to set up an authenticator app. */
  addTotp: () => Promise<TotpSetup>;
  /** Completes it with a code of the app. The user's other sessions end. */
  confirmTotp: (input: { code: string; name?: string | undefined }) => Promise<AddedFactor>;
  /** Creates a passkey on this device, or on one that the browser offers. */
  addPasskey: (input?: { name?: string | undefined }) => Promise<AddedFactor>;
  rename: (id: string, input: { name: string }) => Promise<void>;
  /** @throws `AuthError` `factor_mandatory` for the last one where one is required. */
  remove: (id: string) => Promise<void>;
  /** Tells the browser which passkeys are still accepted, so that it offers no others (where it can be told). */
  syncPasskeys: () => Promise<void>;
  /** Replaces all recovery codes. They are shown once. */
  replaceRecoveryCodes: () => Promise<string[]>;
  /** Cancels the removal of all factors that an operator has requested. */
  cancelReset: () => Promise<void>;
  /** Has a trusted device ask for the second factor again. */
  forgetDevice: (id: string) => Promise<void>;
}
