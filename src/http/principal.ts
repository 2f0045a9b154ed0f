import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import type { ShownId } from '../user-id.js';
import type { AuthenticationClaims, AuthLevel } from '../tokens/authentication.js';

/** The public IDs, where they are what is shown. */
interface NamedByPublicId {
  publicId?: string | undefined;
  actor?: { userId: number; sessionId: string; publicId?: string | undefined } | undefined;
}

/** The user of a request, from its verified access token, without a query. */
export class Principal implements AuthenticationClaims {
  readonly amr: readonly string[];
  readonly acr: AuthLevel;
  readonly authTime: number;
  /** The permissions. */
  readonly scopes: readonly string[];
  /** The administrator who acts as the user, if it is not the user. */
  readonly actor: { userId: number; sessionId: string; shownId: ShownId } | undefined;
  /** The API key that the request came with, or that its access token is from. */
  readonly keyId: string | undefined;
  /** The ID as it is shown: with `USER_ID=uuid` the public one. */
  readonly shownId: ShownId;

  constructor(
    /** Of the table, whatever is shown. */
    readonly userId: number,
    /** For an API key, its ID. */
    readonly sessionId: string,
    readonly roles: readonly string[],
    /** When the access token expires. **Unit** seconds since 1970. */
    readonly expiresAt: number,
    /** All claims of the token, including those added by a host. */
    readonly claims: Readonly<Record<string, unknown>>,
    {
      amr,
      acr,
      authTime,
      scopes = [],
      keyId,
      actor,
      publicId,
    }: AuthenticationClaims & Partial<Pick<Principal, 'scopes' | 'keyId'>> & NamedByPublicId,
  ) {
    this.amr = amr;
    this.acr = acr;
    this.authTime = authTime;
    this.scopes = scopes;
    this.keyId = keyId;
    this.shownId = publicId ?? userId;
    this.actor = actor && {
      userId: actor.userId,
      sessionId: actor.sessionId,
      shownId: actor.publicId ?? actor.userId,
    };
  }
}

/** Refuses an administrator who acts as the user. **Errors** `impersonating`. */
export function refuseActor(principal: unknown): void {
  if (principal instanceof Principal && principal.actor) throw new TokenjarError('impersonating');
}

/** Refuses API keys, and access tokens from them. **Errors** `api_key_refused`. */
export function refuseKeys(principal: unknown): void {
  if (principal instanceof Principal && principal.keyId !== undefined)
    throw new TokenjarError('api_key_refused');
}

/** Provides the {@link Principal}. */
export const Me = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { user } = context.switchToHttp().getRequest<HttpRequest>();
  if (!(user instanceof Principal)) throw new TypeError('@Me() stands on a route without AccessGuard');
  return user;
});

export const IS_PUBLIC = 'tokenjar.public';

/** Makes a route public. An access token in the request is ignored. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/** Documents that a route of a host requires an access token. The guard requires one unless `@Public()` is present. */
export const Protected = () => ApiBearerAuth('access');
