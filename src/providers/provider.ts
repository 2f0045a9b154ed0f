import type { ServerMetadata } from 'openid-client';
import type { ProviderSettings } from '../config/provider-settings.js';
import type { AuthMethod } from '../tokens/authentication.js';

/** Who somebody is at a provider. */
export interface ProviderAccount {
  /** The issuer of the identity, which with the subject says whose it is. **Source** OpenID Connect Core §5.7. */
  issuer: string;
  subject: string;
  /** In normal form; undefined where there is none. */
  email: string | undefined;
  /** Whether the provider has verified that the address is the user's. */
  isEmailVerified: boolean;
  /** As the provider gives it; undefined where it does not. */
  name?: string | null | undefined;
  /** Whether the provider says that it has asked for what counts as two factors, by `TRUSTED_AMR`. */
  isMultiFactor?: boolean;
}

/** How somebody who comes from a provider has authenticated. */
export const methodsOf = ({
  isMultiFactor,
}: Pick<ProviderAccount, 'isMultiFactor'>): readonly AuthMethod[] =>
  isMultiFactor ? ['fed', 'mfa'] : ['fed'];

/** What a provider answers about somebody, after the code was exchanged. */
export interface ProviderAnswers {
  /** What the browser returned with. Nobody has signed it. */
  returned?: URLSearchParams;
  /** The claims of the ID token; undefined without OpenID. */
  claims: Readonly<Record<string, unknown>> | undefined;
  /** The claims of the userinfo endpoint, of the same subject; undefined where the provider has none. */
  userInfo(): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Gets JSON with the access token; undefined where there is only an ID token. */
  get: ((url: string) => Promise<unknown>) | undefined;
}

/** What a provider reports by itself about one of its users. */
export interface ProviderNotice {
  /** `revoked`: they have ended the connection; `deleted`: their account there is gone; the others are of a relay address. */
  kind: 'revoked' | 'deleted' | 'email_disabled' | 'email_enabled';
  subject: string;
  /** The relay address, in normal form. */
  email?: string | undefined;
  at: Date;
}

/** What is known of a provider: a file each in `known/`. */
export interface ProviderKind {
  /** For buttons. */
  name: string;
  /** Undefined where a setting has to say it. */
  issuer: string | undefined;
  /** Other issuers that mean the same one, in tokens that apps get. */
  issuerAliases?: readonly string[];
  scopes: string;
  /** Its endpoints, where it has no discovery document. @param issuer that of the settings, if any. */
  metadata?(issuer: string): ServerMetadata;
  /** Whether it is an OpenID provider, so that it gives ID tokens. */
  isOpenId: boolean;
  /** How it returns, if not by a redirect. */
  responseMode?: 'form_post';
  /** Further parameters of the authorization request. */
  parameters?: Readonly<Record<string, string>>;
  /** Parameters that ask it for a new sign-in, if it has others than OpenID Connect. */
  reauthentication?: Readonly<Record<string, string>>;
  /** Makes client secrets, where they are signed and expire. @throws {SettingsError} for settings that cannot sign. */
  clientSecret?(settings: ProviderSettings): (now: Date) => string;
  /** What it reports by itself, if it does: undefined for what does not concern us. @throws for a notice that is none. */
  notice?(claims: Readonly<Record<string, unknown>>): ProviderNotice | undefined;
  /** @throws for an answer that is none. */
  read(answers: ProviderAnswers, issuer: string): Promise<ProviderAccount>;
}
