import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { OPTIONS, type Options } from '../../config/options.js';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';
import { Principal } from '../../http/principal.js';
import { ACCESS_STRATEGY } from '../../http/strategy.guard.js';
import type { AccessClaims } from '../../tokens/access-token.js';
import { readAuthorization } from '../authorization-header.js';
import { TokenVerification } from '../token-verification.js';
import { TokenStrategy } from './token.strategy.js';

/** Identifies a user by the access token in the Authorization header, without a query. */
@Injectable()
export class AccessStrategy extends PassportStrategy(TokenStrategy, ACCESS_STRATEGY) {
  constructor(
    private readonly verification: TokenVerification,
    @Inject(OPTIONS) options: Options,
  ) {
    super(
      ({ headers }: HttpRequest) => readAuthorization(headers.authorization, options),
      () => new TokenjarError('access_missing'),
    );
  }

  /** **Errors** `token_*`, `user_not_found`, `database_unavailable`. */
  validate(_request: HttpRequest, token: string): Principal | Promise<Principal> {
    const claims = this.verification.verifyAccess(token);
    return claims instanceof Promise ? claims.then(principalOf) : principalOf(claims);
  }
}

const principalOf = (claims: AccessClaims): Principal =>
  new Principal(claims.userId, claims.sessionId, claims.roles, claims.exp, claims.all, claims);
