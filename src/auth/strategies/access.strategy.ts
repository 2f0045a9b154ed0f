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
import { UserIds } from '../../users/user-ids.js';
import { TokenVerification } from '../token-verification.js';
import { TokenStrategy } from './token.strategy.js';

/** Identifies a user by what the Authorization header has, without a query: an access token, or what is registered. */
@Injectable()
export class AccessStrategy extends PassportStrategy(TokenStrategy, ACCESS_STRATEGY) {
  constructor(
    private readonly verification: TokenVerification,
    private readonly credentials: BearerCredentials,
    private readonly ids: UserIds,
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
    if (!(claims instanceof Promise)) return this.principalOf(claims);
    return claims.then(
      (each) => this.principalOf(each),
      (error: unknown) => this.otherwise(token, error),
    );
  }

  private otherwise(token: string, error: unknown): Principal | Promise<Principal> {
    const issuer = this.verification.legacyIssuerOf(token, error);
    if (issuer) return issuer.identify(token);
    throw error;
  }

  private principalOf(claims: AccessClaims): Principal | Promise<Principal> {
    const { arePublic } = this.ids;
    const { publicId, actor } = claims;
    const isOfSetting =
      (publicId !== undefined) === arePublic && (!actor || (actor.publicId !== undefined) === arePublic);
    if (isOfSetting) return principal(claims);
    return arePublic
      ? this.look(claims)
      : principal({
          ...claims,
          publicId: undefined,
          actor: actor && { ...actor, publicId: undefined },
        });
  }

  /** A token from before `USER_ID` was changed: one query for a user, not for a request. **Errors** `user_not_found`. */
  private async look(claims: AccessClaims): Promise<Principal> {
    const { userId, actor } = claims;
    const publicId = await this.ids.publicIdOf(userId);
    const actorId = actor && (await this.ids.publicIdOf(actor.userId));
    if (publicId === undefined || (actor && actorId === undefined)) throw new TokenjarError('user_not_found');
    return principal({ ...claims, publicId, actor: actor && { ...actor, publicId: actorId } });
  }
}

const principal = (claims: AccessClaims): Principal =>
  new Principal(claims.userId, claims.sessionId, claims.roles, claims.exp, claims.all, claims);
