import type { Configuration, CustomFetch, TokenEndpointResponse } from 'openid-client';
import type { ProviderSettings } from '../config/provider-settings.js';
import type { Clock } from '../clock.js';
import { TokenjarError } from '../errors.js';
import type { Attempt } from './attempts.js';
import { demandSince, jsonOf, refused, TOLERANCE, withSubject } from './checked-answers.js';
import type { ProviderAccount, ProviderAnswers, ProviderKind, ProviderNotice } from './provider.js';
import { authenticationBy, isMultiFactor } from './provider-authentication.js';
import { refusalOf } from './provider-refusals.js';
import { SignedByProvider } from './signed-by-provider.js';
import type { ProviderRequests } from './provider-requests.js';

/** The library, loaded with the first attempt: most sites have no providers. */
const library = () => import('openid-client');

/** How long a provider may take for an answer. **Unit** seconds. */
const TIMEOUT = 5;
/** How long discovered endpoints are used. **Unit** milliseconds. */
const REMEMBERED_MS = 3_600_000;
/** When endpoints that could not be discovered again are looked up the next time. **Unit** milliseconds. */
const RETRY_MS = 60_000;

/** Asks for a new sign-in, and for when it was. **Source** OpenID Connect Core §3.1.2.1. */
const NEW_SIGN_IN = { prompt: 'login', max_age: '0' };

/**
 * Speaks to one provider: OpenID Connect, or OAuth 2.0 where it has no more.
 *
 * The redirect URI is built from the settings and never from a request. Its path names the provider, so that what one
 * provider answers is never exchanged at another. Signatures of ID tokens are verified, although OpenID would let us
 * rely on TLS.
 *
 * **Source** RFC 9700 §2.1, §4.4.2; RFC 9207; OpenID Connect Core §3.1.3.7; ASVS 5.0 6.8.2, 10.5.1 to 10.5.4.
 */
export class ProviderClient {
  private readonly clientSecret: (now: Date) => string | undefined;
  private readonly signed: SignedByProvider;
  private discovered: { configuration: Promise<Configuration>; until: number } | undefined;

  constructor(
    private readonly settings: ProviderSettings,
    private readonly kind: ProviderKind,
    private readonly redirectUri: string,
    private readonly requests: ProviderRequests,
    private readonly clock: Clock,
  ) {
    this.signed = new SignedByProvider(requests, clock);
    const { clientSecret } = settings;
    this.clientSecret = kind.clientSecret?.(settings) ?? (() => clientSecret);
  }

  get id(): string {
    return this.settings.id;
  }

  get name(): string {
    return this.settings.name ?? this.kind.name;
  }

  /** The page of the site that it may send browsers to instead. */
  get callbackUrl(): string | undefined {
    return this.settings.callbackUrl;
  }

  /** Whether it returns by a form of another site, with which browsers send no Lax cookie. */
  get returnsByForm(): boolean {
    return this.kind.responseMode === 'form_post';
  }

  /** Where to send a browser. **Errors** `provider_unavailable`, `provider_refused` for metadata that cannot be used. */
  async addressFor({ state, nonce, verifier, purpose, page }: Attempt): Promise<string> {
    const openid = await library();
    const { kind } = this;
    const parameters = {
      redirect_uri: this.redirectUriOf(page),
      scope: this.settings.scopes ?? kind.scopes,
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(kind.isOpenId && { nonce }),
      ...(kind.responseMode && { response_mode: kind.responseMode }),
      ...kind.parameters,
      ...(purpose === 'reauthenticate' && (kind.reauthentication ?? (kind.isOpenId ? NEW_SIGN_IN : {}))),
    };
    return openid.buildAuthorizationUrl(await this.configuration(), parameters).href;
  }

  /**
   * Exchanges the code for who somebody is.
   *
   * @param returned the parameters that the provider returned with. **Errors** `access_denied`, `provider_refused`,
   * `provider_unavailable`.
   */
  async accountFor(returned: URLSearchParams, attempt: Attempt): Promise<ProviderAccount> {
    const openid = await library();
    const configuration = await this.configuration();
    const { isOpenId } = this.kind;
    const url = new URL(this.redirectUriOf(attempt.page));
    url.search = returned.toString();
    try {
      const tokens = await openid.authorizationCodeGrant(configuration, url, {
        expectedState: attempt.state,
        pkceCodeVerifier: attempt.verifier,
        ...(isOpenId && { expectedNonce: attempt.nonce, idTokenExpected: true }),
      });
      const claims = tokens.claims();
      if (attempt.purpose === 'reauthenticate') demandSince(attempt, claims?.auth_time);
      const answers = await this.answersOf(configuration, tokens, claims);
      const { issuer } = configuration.serverMetadata();
      const account = withSubject(await this.kind.read({ ...answers, returned }, issuer));
      return { ...account, isMultiFactor: isMultiFactor(claims, this.settings) };
    } catch (error) {
      throw error instanceof TokenjarError ? error : refusalOf(openid, error);
    }
  }

  /** **Errors** `method_not_available` where there are no ID tokens. */
  demandIdTokens(): void {
    if (!this.kind.isOpenId) throw new TokenjarError('method_not_available');
  }

  /**
   * Who an ID token is about that a client got from the provider itself.
   *
   * @param nonces what its nonce may be. **Errors** `provider_refused`, `provider_unavailable`.
   */
  async accountOf(idToken: string, nonces: readonly string[]): Promise<ProviderAccount> {
    const claims = await this.claimsOf(idToken);
    if (claims.exp === undefined) throw refused('no expiry');
    if (typeof claims.nonce !== 'string' || !nonces.includes(claims.nonce)) throw refused('another nonce');
    const answers = { claims, userInfo: () => Promise.resolve(undefined), get: undefined };
    try {
      const account = withSubject(await this.kind.read(answers, claims.iss));
      return { ...account, isMultiFactor: isMultiFactor(claims, this.settings) };
    } catch (error) {
      throw refusalOf(await library(), error);
    }
  }

  /** **Errors** `method_not_available` where nothing is reported. */
  demandNotices(): void {
    if (!this.kind.notice) throw new TokenjarError('method_not_available');
  }

  /** What a provider reports; no notice if it does not concern us. **Errors** `provider_refused`, `provider_unavailable`. */
  async noticeIn(
    payload: string,
  ): Promise<{ issuer: string; iat: number; notice: ProviderNotice | undefined }> {
    const claims = await this.claimsOf(payload);
    try {
      return { issuer: claims.iss, iat: Number(claims.iat), notice: this.kind.notice?.(claims) };
    } catch {
      throw refused('a notice that cannot be read');
    }
  }

  /** The claims of a JWT that this provider has signed for us. **Errors** `provider_refused`, `provider_unavailable`. */
  async claimsOf(token: string): Promise<Claims> {
    const metadata = (await this.configuration()).serverMetadata();
    const { jwks_uri: jwksUri, id_token_signing_alg_values_supported: algorithms } = metadata;
    if (jwksUri === undefined) throw refused('a provider without keys');
    const claims = await this.signed.claimsOf(token, { jwksUri, algorithms });
    // Microsoft has an issuer for each tenant.
    const issuer = metadata.issuer.replace('{tenantid}', String(claims.tid));
    if (![issuer, ...(this.kind.issuerAliases ?? [])].includes(claims.iss ?? ''))
      throw refused('another issuer');
    const audiences = [claims.aud ?? []].flat();
    const { clientId, nativeClientIds = [] } = this.settings;
    if (audiences.length === 0 || !audiences.every((each) => [clientId, ...nativeClientIds].includes(each)))
      throw refused('another audience');
    return { ...claims, iss: issuer };
  }

  private readonly redirectUriOf = (page: Attempt['page']) => (page && this.callbackUrl) ?? this.redirectUri;

  private async answersOf(
    configuration: Configuration,
    { access_token: token }: TokenEndpointResponse,
    claims: ProviderAnswers['claims'],
  ): Promise<ProviderAnswers> {
    const { fetchProtectedResource, fetchUserInfo } = await library();
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
    return {
      claims,
      userInfo: async () =>
        hasUserInfo ? fetchUserInfo(configuration, token, String(claims?.sub)) : undefined,
      async get(url) {
        const headers = new Headers({ accept: 'application/json' });
        const place = new URL(url);
        const response = await fetchProtectedResource(configuration, token, place, 'GET', null, headers);
        return jsonOf(response, place.pathname);
      },
    };
  }

  /** Discovers the endpoints when they are first needed. Whoever asks meanwhile shares what becomes of it, a failure too. */
  private configuration(): Promise<Configuration> {
    const now = this.clock.machine();
    if (this.discovered && this.discovered.until > now) return this.discovered.configuration;
    const configuration = this.discoverOr(this.discovered, now);
    this.discovered = { configuration, until: now + REMEMBERED_MS };
    return configuration;
  }

  /** @param before what was discovered before is likely to be true still. **Errors** `provider_unavailable`, `provider_refused`. */
  private async discoverOr(before: typeof this.discovered, now: number): Promise<Configuration> {
    try {
      return await this.discover();
    } catch (error) {
      this.discovered = before && { ...before, until: now + RETRY_MS };
      if (before) return before.configuration;
      throw refusalOf(await library(), error);
    }
  }

  private async discover(): Promise<Configuration> {
    const openid = await library();
    const { kind } = this;
    const send: CustomFetch = (url, init) => this.requests.send(url, init as RequestInit);
    const { clientId, issuer = kind.issuer ?? '' } = this.settings;
    const client = { [openid.clockTolerance]: TOLERANCE };
    const authenticate = authenticationBy(
      openid,
      this.settings,
      () => this.clientSecret(this.clock.now()),
      kind.isOpenId,
    );
    const configuration = kind.metadata
      ? new openid.Configuration(kind.metadata(issuer), clientId, client, authenticate)
      : await openid.discovery(new URL(issuer), clientId, client, authenticate, {
          timeout: TIMEOUT,
          [openid.customFetch]: send,
          // The settings allow http only on this machine.
          ...(issuer.startsWith('http:') && { execute: [openid.allowInsecureRequests] }),
        });
    configuration.timeout = TIMEOUT;
    configuration[openid.customFetch] = send;
    if (issuer.startsWith('http:')) openid.allowInsecureRequests(configuration);
    if (kind.isOpenId) openid.enableNonRepudiationChecks(configuration);
    // Throws where there is no page to send anybody to: such metadata is not kept.
    openid.buildAuthorizationUrl(configuration, {});
    return configuration;
  }
}

/** With the issuer in the form of the discovery document. */
type Claims = Readonly<Record<string, unknown>> & { iss: string };
