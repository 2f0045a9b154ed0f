import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { OPTIONS, type Options } from '../../config/options.js';
import { TokenjarError } from '../../errors.js';
import { callerOf, type HttpRequest } from '../../http/caller.js';
import { Principal } from '../../http/principal.js';
import { ACCESS_STRATEGY } from '../../http/strategy.guard.js';
import type { AccessClaims } from '../../tokens/access-token.js';
import { readAuthorization } from '../authorization-header.js';
import { BearerCredentials } from '../bearer-credentials.js';
import { TokenVerification } from '../token-verification.js';
import { TokenStrategy } from './token.strategy.js';

/** Identifies a user by what the Authorization header has, without a query: an access token, or what is registered. */
@Injectable()
export class AccessStrategy extends PassportStrategy(TokenStrategy, ACCESS_STRATEGY) {
  constructor(
    private readonly verification: TokenVerification,
    private readonly credentials: BearerCredentials,
    @Inject(OPTIONS) options: Options,
  ) {
    super(
      ({ headers }: HttpRequest) => readAuthorization(headers.authorization, options),
      () => new TokenjarError('access_missing'),
    );
  }

  /** **Errors** `token_*`, `user_not_found`, `database_unavailable`; for an API key `user_inactive`, `rate_limited`. */
  validate(request: HttpRequest, token: string): Principal | Promise<Principal> {
    const other = this.credentials.kindOf(token);
    if (other) return other.verify(token, () => callerOf(request));
    let claims: AccessClaims | Promise<AccessClaims>;
    try {
      claims = this.verification.verifyAccess(token);
    } catch (error) {
      return this.otherwise(token, error);
    }
    if (!(claims instanceof Promise)) return principalOf(claims);
    return claims.then(principalOf, (error: unknown) => this.otherwise(token, error));
  }

  private otherwise(token: string, error: unknown): Principal | Promise<Principal> {
    const issuer = this.verification.legacyIssuerOf(token, error);
    if (issuer) return issuer.identify(token);
    throw error;
  }
}

const principalOf = (claims: AccessClaims): Principal =>
  new Principal(claims.userId, claims.sessionId, claims.roles, claims.exp, claims.all, claims);
