import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type StrategyOptionsWithRequest } from 'passport-jwt';
import { Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';
import { Principal } from '../../http/principal.js';
import { ACCESS_STRATEGY, type Recalling } from '../../http/strategy.guard.js';
import { type AccessClaims, AccessTokens } from '../../tokens/access-token.js';
import { RefreshTokens } from '../../tokens/refresh-token.js';
import { VerifiedTokens } from '../../tokens/verified-tokens.js';
import { Blacklist } from '../../users/blacklist/blacklist.js';
import { readAuthorization } from '../authorization-header.js';

/** Every algorithm a key may have; which one a token may use hangs on the key that its header names. */
const ALGORITHMS = ['ES', 'RS', 'PS', 'HS'].flatMap((family) =>
  [256, 384, 512].map((bits) => `${family}${bits}`),
);

/** Identifies a user by the access token in the Authorization header, without a query. */
@Injectable()
export class AccessStrategy
  extends PassportStrategy(Strategy, ACCESS_STRATEGY)
  implements Recalling<Principal>
{
  private readonly verified = new VerifiedTokens();

  constructor(
    private readonly accessTokens: AccessTokens,
    refreshTokens: RefreshTokens,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Options,
  ) {
    super({
      passReqToCallback: true,
      jwtFromRequest: (request: unknown) => readAuthorization(request as HttpRequest, options),
      algorithms: ALGORITHMS,
      secretOrKeyProvider: (
        _request: unknown,
        token: string,
        done: (error: unknown, key?: never) => void,
      ) => {
        try {
          // passport-jwt takes a KeyObject; its types know only texts and buffers.
          done(null, accessTokens.keyFor(token).publicKey as never);
        } catch (error) {
          done(refreshTokens.recognises(token) ? new TokenjarError('token_wrong_type') : error);
        }
      },
      jsonWebTokenOptions: { ignoreNotBefore: true },
      ...accessTokens.verifyOptions,
    } as StrategyOptionsWithRequest);
  }

  /** A signature that was found good before is not checked again; all the rest is. Errors `token_*`, `user_not_found`. */
  recall(request: HttpRequest): Principal | Promise<Principal> | undefined {
    const token = readAuthorization(request, this.options);
    const payload = token === null ? undefined : this.verified.recall(token);
    return payload && this.judge(payload);
  }

  /** Errors `token_*`, `user_not_found`. */
  validate(request: unknown, payload: Record<string, unknown>): Principal | Promise<Principal> {
    const principal = this.judge(payload);
    const token = readAuthorization(request as HttpRequest, this.options);
    if (token !== null) this.verified.learn(token, payload);
    return principal;
  }

  private judge(payload: Readonly<Record<string, unknown>>): Principal | Promise<Principal> {
    const claims = this.accessTokens.check(payload, this.clock.now());
    const principal = this.principalOf(claims);
    const checking = this.blacklist.check(claims);
    return checking ? checking.then(() => principal) : principal;
  }

  private principalOf(claims: AccessClaims): Principal {
    return new Principal(claims.userId, claims.sessionId, claims.roles, claims.exp, claims.all, claims);
  }
}
