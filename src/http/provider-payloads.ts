/** A provider that users can sign in with. */
export interface ProviderFacts {
  id: string;
  /** For buttons. */
  name: string;
}

/** What somebody goes to a provider for. */
export type ProviderPurpose = 'login' | 'link' | 'reauthenticate';

export interface ProviderStart {
  purpose: ProviderPurpose;
  /** Where the browser goes afterwards. **Shape** a path on `FRONTEND_URL`, or a URL of a trusted origin. */
  returnTo: string;
  remember?: boolean | undefined;
  /** Of apps, and of pages of other sites: the SHA-256 of a secret of theirs, base64url. **Source** RFC 7636 §4.2. */
  codeChallenge?: string | undefined;
  scope?: string | undefined;
}

/** Where to send the browser. */
export interface ProviderRedirect {
  url: string;
}

/** An account at a provider, linked to the user's. */
export interface IdentityFacts {
  id: string;
  provider: string;
  /** The address that the provider named last, if any. It proves nothing. */
  email: string | null;
  /** The name that the provider gave last, if any. */
  name: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** What an app gives to the SDK of a provider, so that the ID token is good for one sign-in here. */
export interface ProviderNonce {
  nonce: string;
  /** **Unit** seconds. */
  expiresIn: number;
}

/** An ID token that a client got from a provider itself. */
export interface IdTokenInput {
  idToken: string;
  /** The one of {@link ProviderNonce}. */
  nonce: string;
  remember?: boolean | undefined;
  scope?: string | undefined;
}

/** An address, and for clients without cookies the secret of the sign-in that lacks it. */
export interface AddressInput {
  email: string;
  loginToken?: string | undefined;
}

/** What a provider reports by itself. */
export interface ProviderNotification {
  /** **Shape** a JWT of the provider's. */
  payload: string;
}

/** The code that a client got when its user came back from a provider, and the verifier of its challenge. */
export interface ProviderCodeInput {
  code: string;
  codeVerifier: string;
}

/** What a page says before it goes to a provider that sends the browser back to the page itself. */
export interface SocialStart {
  remember?: boolean | undefined;
  scope?: string | undefined;
  /** Binds the attempt to who has the verifier, in place of a cookie. **Source** RFC 7636 §4.2, `S256`. */
  codeChallenge?: string | undefined;
}

/** What the provider has given to the page. */
export interface SocialReturn {
  /** That of dj-rest-auth's clients; never accepted. */
  accessToken?: string | undefined;
  code?: string | undefined;
  state?: string | undefined;
  /** The issuer, if the provider says it. **Source** RFC 9207. */
  iss?: string | undefined;
  codeVerifier?: string | undefined;
}

/** The same, or what an SDK of the provider has given to the app. */
export interface SocialProof extends SocialReturn {
  idToken?: string | undefined;
  nonce?: string | undefined;
  /** Of an ID token; that of a code was said before. */
  remember?: boolean | undefined;
  /** What was said before stands. */
  scope?: string | undefined;
}

/** An identity, as dj-rest-auth shows it. */
export interface SocialAccountFacts extends IdentityFacts {
  /** The user's ID at the provider. */
  subject: string;
}
