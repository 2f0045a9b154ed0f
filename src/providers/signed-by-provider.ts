import type { JWTPayload, RemoteJWKSet } from 'jose';
import { type Clock, epochSeconds } from '../clock.js';
import { TokenjarError } from '../errors.js';
import { refused, TOLERANCE } from './checked-answers.js';
import type { ProviderRequests } from './provider-requests.js';

/** The library, loaded with the first token: most sites get none. */
const library = () => import('jose');

/** How long a provider may take for its keys. **Unit** milliseconds. */
const TIMEOUT = 5000;
/** Where a provider does not say how it signs. **Source** OpenID Connect Core §2. */
const USUAL = ['RS256'];

/** Where the keys of a provider are, and how it signs. */
export interface SigningFacts {
  jwksUri: string;
  algorithms: readonly string[] | undefined;
}

/**
 * Verifies JWTs of a provider that did not come from it directly: a client or a request from anywhere hands them over,
 * so nothing but the signature says where they are from.
 *
 * Keys are fetched from the address of the discovery document alone; those that a token brings along are ignored. A key
 * that is not known is looked for again, but not more often than every 30 s, whatever is sent.
 *
 * **Source** RFC 8725 §3.1, §3.10; OpenID Connect Core §10.1.1.
 */
export class SignedByProvider {
  private keys: { uri: string; find: RemoteJWKSet } | undefined;

  constructor(
    private readonly requests: ProviderRequests,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the claims; whom they are for, and by whom, is for the caller to judge. **Errors** `provider_refused`,
   * `provider_unavailable`.
   */
  async claimsOf(token: string, { jwksUri, algorithms = USUAL }: SigningFacts): Promise<JWTPayload> {
    const { jwtVerify } = await library();
    const asymmetric = algorithms.filter((each) => /^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/.test(each));
    const now = this.clock.now();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, await this.keysAt(jwksUri), {
        algorithms: asymmetric,
        clockTolerance: TOLERANCE,
        currentDate: now,
        requiredClaims: ['iss', 'aud', 'iat'],
      });
      if (protectedHeader.typ !== undefined && !/^jwt$/i.test(protectedHeader.typ))
        throw refused('a token of another type');
      if ((payload.iat ?? Infinity) > epochSeconds(now) + TOLERANCE) throw refused('a token of the future');
      return payload;
    } catch (error) {
      throw error instanceof TokenjarError ? error : await errorFor(error);
    }
  }

  private async keysAt(uri: string): Promise<RemoteJWKSet> {
    if (this.keys?.uri === uri) return this.keys.find;
    const { createRemoteJWKSet, customFetch } = await library();
    const find = createRemoteJWKSet(new URL(uri), {
      timeoutDuration: TIMEOUT,
      [customFetch]: (url: string, init: RequestInit) => this.requests.send(url, init),
    });
    this.keys = { uri, find };
    return find;
  }
}

/** What the library throws for keys that cannot be had; everything else is wrong with the token. */
async function errorFor(cause: unknown): Promise<TokenjarError> {
  const { errors } = await library();
  const isOfToken =
    cause instanceof errors.JOSEError &&
    !(cause instanceof errors.JWKSTimeout) &&
    !(cause instanceof errors.JWKSInvalid) &&
    cause.code !== 'ERR_JOSE_GENERIC';
  return new TokenjarError(isOfToken ? 'provider_refused' : 'provider_unavailable', { cause });
}
