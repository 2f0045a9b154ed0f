import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import type { SignedOut } from '../http/payloads.js';
import { type AccessClaims, AccessTokens } from '../tokens/access-token.js';
import { type CommonClaims, readUnverifiedClaims } from '../tokens/claims.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';
import { Blacklist } from '../users/blacklist/blacklist.js';
import { readAuthorization } from './authorization-header.js';

/** Checks tokens outside the guards. It changes nothing, and asks the database only where the blacklist is not up to date. */
@Injectable()
export class TokenVerification {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Checks a token of either type, but for the session of a refresh token. **Errors** `token_*`, `user_not_found`. */
  async verify(token: string): Promise<AccessClaims | RefreshSubject> {
    const verified = this.read(token);
    if (!isRefresh(verified)) await this.blacklist.check(verified);
    return verified;
  }

  /** As {@link verify}, without a look at the blacklist. */
  private read(token: string): AccessClaims | RefreshSubject {
    // Chooses only which check is made; that check then demands the type it is for.
    return readUnverifiedClaims(token).token_type === 'refresh'
      ? this.refreshTokens.verify(token, this.clock.now())
      : this.accessTokens.verify(token, this.clock.now());
  }

  /**
   * As {@link verify}; in simplejwt's format also a token that others made with the key they share with us.
   *
   * simplejwt's verify view asks neither for a type nor for an owner: its users check with it what their other
   * servers sign. **Errors** `token_*`.
   */
  async verifyShared(token: string): Promise<AccessClaims | RefreshSubject | CommonClaims> {
    try {
      return await this.verify(token);
    } catch (error) {
      if (this.options.tokenFormat !== 'simplejwt' || !isNotOurs(error)) throw error;
      return this.accessTokens.verifyUntyped(token, this.clock.now());
    }
  }

  /** Checks a token that must be a refresh token, but for its session. **Errors** `token_*`. */
  verifyRefresh(token: string): RefreshSubject {
    const { tokenFormat, algorithm } = this.options;
    // Both kinds have one key and one form: only the claims tell them apart.
    if (tokenFormat === 'simplejwt' && algorithm.startsWith('HS'))
      return this.refreshTokens.verify(token, this.clock.now());
    const verified = this.read(token);
    if (!isRefresh(verified)) throw new TokenjarError('token_wrong_type');
    return verified;
  }

  /**
   * Whether a refresh token speaks of the user of its session. In our own format nobody else signs, so it always does;
   * in simplejwt's other servers hold the key.
   */
  isOf(userId: number, token: RefreshSubject): boolean {
    return this.options.tokenFormat !== 'simplejwt' || token.userId === userId;
  }

  /** Which session a refresh token of ours is of, though it may have expired; undefined when it is not ours. */
  lookupIdOf(token: string): string | undefined {
    return unlessRefused(() => this.refreshTokens.identify(token).lookupId);
  }

  /** Why a refresh token is not good, but for its session. */
  refusalOf(token: string): SignedOut | undefined {
    try {
      this.verifyRefresh(token);
      return undefined;
    } catch (error) {
      if (!(error instanceof TokenjarError)) throw error;
      const { code, tokenProblem } = error;
      if (code === 'token_expired' || code === 'token_wrong_type') return { refused: code };
      return { refused: 'token_invalid', tokenProblem };
    }
  }

  /** Whose access token came with a request for anybody; undefined where it has none, a dead or a revoked one. */
  async signedInBy(request: HttpRequest): Promise<number | undefined> {
    const claims = this.accessOf(request);
    try {
      await (claims && this.blacklist.check(claims));
      return claims?.userId;
    } catch (error) {
      if (error instanceof TokenjarError && error.status < 500) return undefined;
      throw error;
    }
  }

  /** What the access token of a request says; undefined where it has none or a dead one. */
  accessOf(request: HttpRequest): AccessClaims | undefined {
    return unlessRefused(() => {
      const token = readAuthorization(request, this.options);
      return token === null ? undefined : this.accessTokens.verify(token, this.clock.now());
    });
  }
}

export const isRefresh = (verified: object): verified is RefreshSubject => 'lookupId' in verified;

const isNotOurs = (error: unknown): boolean =>
  error instanceof TokenjarError &&
  ['token_invalid', 'token_wrong_type', 'user_not_found'].includes(error.code);

function unlessRefused<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof TokenjarError) return undefined;
    throw error;
  }
}
