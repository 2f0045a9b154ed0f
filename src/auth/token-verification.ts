import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import { type AccessClaims, AccessTokens } from '../tokens/access-token.js';
import { type CommonClaims, readUnverifiedClaims } from '../tokens/jwt.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';
import { Blacklist } from '../users/blacklist/blacklist.js';
import type { LegacyIssuer } from '../http/legacy-tokens.js';
import { LegacyTokens } from '../http/legacy-tokens.js';
import type { VerifiedToken } from '../http/payloads.js';
import { readAuthorization } from './authorization-header.js';

/**
 * The verdict on a token, the same wherever it is presented: the strategies ask here, and so does whatever takes a
 * token from elsewhere. It changes nothing.
 */
@Injectable()
export class TokenVerification {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    private readonly legacy: LegacyTokens,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /**
   * Verifies an access token, without a query unless the blacklist is not up to date, or the token names a key that another
   * instance may have made.
   *
   * **Errors** `token_*`, `user_not_found`, `database_unavailable`.
   */
  verifyAccess(token: string): AccessClaims | Promise<AccessClaims> {
    try {
      return this.checked(token);
    } catch (error) {
      const kid = isInvalid(error) ? this.accessTokens.unknownKeyOf(token, this.clock.now()) : undefined;
      const reading = kid === undefined ? undefined : this.accessTokens.keys.reload(kid);
      if (!reading) throw error;
      return reading.then(() => this.checked(token));
    }
  }

  /** Where it has waited for news of other instances, the key may be a revoked one by now. */
  private checked(token: string): AccessClaims | Promise<AccessClaims> {
    const claims = this.readAccess(token);
    const checking = this.blacklist.check(claims);
    return checking ? checking.then(() => this.readAccess(token)) : claims;
  }

  /** Verifies a token that must be a refresh token, but for its session. **Errors** `token_*`. */
  verifyRefresh(token: string): RefreshSubject {
    try {
      return this.refreshTokens.verify(token, this.clock.now());
    } catch (error) {
      throw isInvalid(error) && this.isAccess(token) ? wrongType() : error;
    }
  }

  /** As {@link verifyRefresh}; undefined where the token is refused. */
  tryRefresh(token: string): RefreshSubject | undefined {
    return unlessRefused(() => this.refreshTokens.verify(token, this.clock.now()));
  }

  /** Verifies a token of either type, but for the session of a refresh token. **Errors** `token_*`, `user_not_found`. */
  async verify(token: string): Promise<AccessClaims | RefreshSubject> {
    // Chooses only which check is made; that check then demands the type it is for.
    return readUnverifiedClaims(token).token_type === 'refresh'
      ? this.verifyRefresh(token)
      : this.verifyAccess(token);
  }

  /**
   * As {@link verify}; in simplejwt's format also a token that others made with the key they share with us.
   *
   * simplejwt's verify view asks neither for a type nor for an owner: its users check with it what their other
   * servers sign. **Errors** `token_*`.
   */
  async verifyShared(token: string): Promise<AccessClaims | RefreshSubject | CommonClaims | VerifiedToken> {
    try {
      return await this.verify(token);
    } catch (error) {
      const issuer = this.legacyIssuerOf(token, error);
      if (issuer && (this.options.tokenFormat !== 'simplejwt' || issuer.isRefresh(token)))
        return issuer.verify(token);
      if (this.options.tokenFormat !== 'simplejwt' || !isNotOurs(error)) throw error;
      return this.accessTokens.verifyUntyped(token, this.clock.now());
    }
  }

  /** What a refresh token of ours says, though it may have expired; undefined when it is not ours. */
  identify(token: string): RefreshSubject | undefined {
    return unlessRefused(() => this.refreshTokens.identify(token));
  }

  /** What an access token of ours says that has not expired, though it may be revoked or outdated. */
  identifyAccess(token: string): AccessClaims | undefined {
    return unlessRefused(() => this.accessTokens.verify(token, this.clock.now()));
  }

  /** What the access token of an Authorization header says; undefined where it has none, a dead one, or that of a key or an actor. */
  accessIn(header: string | undefined): AccessClaims | undefined {
    return unlessRefused(() => {
      const token = readAuthorization(header, this.options);
      if (token === null) return undefined;
      const claims = this.accessTokens.verify(token, this.clock.now());
      return claims.keyId === undefined && !claims.actor ? claims : undefined;
    });
  }

  /** Whose access token an Authorization header has; undefined where it has none, a dead or a revoked one. */
  async signedInBy(header: string | undefined): Promise<number | undefined> {
    const claims = this.accessIn(header);
    try {
      // An outdated token still says who sent it.
      await (claims && this.blacklist.check({ userId: claims.userId, sessionId: claims.sessionId }));
      return claims?.userId;
    } catch (error) {
      if (error instanceof TokenjarError && error.status < 500) return undefined;
      throw error;
    }
  }

  /** The site that users came from, if a token that was refused here is one of its. @param refused why. */
  legacyIssuerOf(token: string, refused: unknown): LegacyIssuer | undefined {
    return isInvalid(refused) ? this.legacy.issuerOf(token) : undefined;
  }

  /** A refresh token of the site that users came from, which has not expired. */
  isLegacyRefresh(token: string): boolean {
    return this.legacy.isRefresh(token);
  }

  /** Whether it is a well-formed JWT that we did not sign: the token of another app. */
  isForeign(token: string): boolean {
    return this.refreshTokens.isOfAnother(token) && !this.legacy.issuerOf(token);
  }

  private readAccess(token: string): AccessClaims {
    try {
      return this.accessTokens.verify(token, this.clock.now());
    } catch (error) {
      throw isInvalid(error) && this.refreshTokens.recognises(token) ? wrongType() : error;
    }
  }

  /** Whether it is an access token of ours, alive or expired. */
  private isAccess(token: string): boolean {
    try {
      this.accessTokens.verify(token, this.clock.now());
      return true;
    } catch (error) {
      return codeOf(error) === 'token_expired';
    }
  }
}

export const isRefresh = (verified: object): verified is RefreshSubject => 'lookupId' in verified;

const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof TokenjarError ? error.code : undefined;
const isInvalid = (error: unknown): boolean => codeOf(error) === 'token_invalid';
const isNotOurs = (error: unknown): boolean =>
  ['token_invalid', 'token_wrong_type', 'user_not_found'].includes(codeOf(error) ?? '');
const wrongType = (): TokenjarError => new TokenjarError('token_wrong_type');

function unlessRefused<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof TokenjarError) return undefined;
    throw error;
  }
}
