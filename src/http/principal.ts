import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { HttpRequest } from './caller.js';
import type { AuthenticationClaims, AuthLevel } from '../tokens/authentication.js';

/** Who a request speaks for: what its access token says, checked, without a query. */
export class Principal implements AuthenticationClaims {
  readonly amr: readonly string[];
  readonly acr: AuthLevel;
  readonly authTime: number;

  constructor(
    readonly userId: number,
    readonly sessionId: string,
    readonly roles: readonly string[],
    /** When the access token expires. **Unit** seconds since 1970. */
    readonly expiresAt: number,
    /** Every claim of the token, for those that a host added. */
    readonly claims: Readonly<Record<string, unknown>>,
    { amr, acr, authTime }: AuthenticationClaims,
  ) {
    this.amr = amr;
    this.acr = acr;
    this.authTime = authTime;
  }
}

/** Hands a handler the {@link Principal}. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { user } = context.switchToHttp().getRequest<HttpRequest>();
  if (!(user instanceof Principal)) throw new TypeError('@Me() stands on a route without AccessGuard');
  return user;
});

export const IS_PUBLIC = 'tokenjar.public';

/** Opens a route to everybody. An access token that rides along, dead or alive, is not looked at. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/** Says in a host's document that a route demands an access token. The guard demands it wherever `@Public()` is absent. */
export const Protected = () => ApiBearerAuth('access');
