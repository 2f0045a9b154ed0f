import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { Clock } from '../../clock.js';
import { TokenjarError } from '../../errors.js';
import type { HttpRequest } from '../../http/caller.js';
import { type Recalling, REFRESH_STRATEGY } from '../../http/strategy.guard.js';
import { AccessTokens } from '../../tokens/access-token.js';
import { type RefreshSubject, RefreshTokens } from '../../tokens/refresh-token.js';

/** Identifies a session by the refresh token in the cookie. It decides nothing and asks no database. */
@Injectable()
export class RefreshStrategy
  extends PassportStrategy(Strategy, REFRESH_STRATEGY)
  implements Recalling<RefreshSubject>
{
  constructor(
    private readonly refreshTokens: RefreshTokens,
    accessTokens: AccessTokens,
    private readonly clock: Clock,
  ) {
    super({
      jwtFromRequest: (request: unknown) => (request as HttpRequest).presentedToken ?? null,
      algorithms: ['HS256', 'HS384', 'HS512'],
      secretOrKeyProvider: (
        _request: unknown,
        token: string,
        done: (error: unknown, key?: never) => void,
      ) => {
        try {
          done(null, refreshTokens.keyFor(token) as never);
        } catch (error) {
          done(
            isAccessToken(accessTokens, token, clock.now()) ? new TokenjarError('token_wrong_type') : error,
          );
        }
      },
      // Checked on our own clock.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
  }

  /** What we signed with the key in force is known by its bytes. **Errors** `token_*`. */
  recall({ presentedToken }: HttpRequest): RefreshSubject | undefined {
    return presentedToken ? this.refreshTokens.recall(presentedToken, this.clock.now()) : undefined;
  }

  /** **Errors** `token_*`. */
  validate(payload: Record<string, unknown>): RefreshSubject {
    return this.refreshTokens.check(payload, this.clock.now());
  }
}

function isAccessToken(tokens: AccessTokens, token: string, now: Date): boolean {
  try {
    tokens.verify(token, now);
    return true;
  } catch (error) {
    return error instanceof TokenjarError && error.code === 'token_expired';
  }
}
