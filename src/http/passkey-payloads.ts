/*
 * What the operations of passkeys take and give, as `payloads.ts` has it for the others. What WebAuthn itself defines is
 * handed through as its JSON (Web Authentication Level 3 §5.1.8 to §5.1.10), in every dialect.
 */

import type { SetUpFactor } from './payloads.js';

/** Options of `navigator.credentials.create()` or `.get()`. */
export interface PublicKeyOptions {
  publicKey: Record<string, unknown>;
  /** What the answer has to bring back, for whoever has no cookie. */
  loginToken?: string;
}

export interface LoginOptionsInput {
  method: string;
  /** The secret of a login that lacks a step, where it is not in the cookie. */
  loginToken?: string | undefined;
}

export interface PasskeyLoginInput {
  credential: Record<string, unknown>;
  /** The secret that came with the options, where it is not in the cookie. */
  loginToken?: string | undefined;
  remember?: boolean | undefined;
  scope?: string | undefined;
}

export interface NewPasskeyInput {
  credential: Record<string, unknown>;
  name?: string | undefined;
}

/** A passkey, with what its client needs to tell the authenticator about it. */
export interface PasskeyFacts {
  /** Of the factor. */
  id: string;
  name: string | null;
  /** **Shape** base64url. */
  credentialId: string;
  transports: readonly string[];
  isBackedUp: boolean;
  isDiscoverable: boolean | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** A passkey that was added. */
export interface SetUpPasskey extends SetUpFactor {
  passkey: PasskeyFacts;
}

/** The passkeys of an account, for the signals of WebAuthn: which ones are accepted, and for whom. */
export interface PasskeysOverview {
  rpId: string;
  /** **Shape** base64url. */
  userHandle: string;
  passkeys: PasskeyFacts[];
}
