import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { ShownId } from '../user-id.js';
import type { AuthenticationClaims, AuthLevel } from '../tokens/authentication.js';
import { holderOf } from './request-of.js';

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

/** By what holds them; null for somebody unknown on a public route. */
const found = new WeakMap<object, Principal | null>();

/** Remembers who makes a call, for those who come after the guard. */
export const remember = (context: ExecutionContext, principal: Principal | null): void =>
  void found.set(holderOf(context), principal);

/** Who makes a call; null for somebody unknown on a public route, undefined where no guard has looked. */
export function principalIn(context: ExecutionContext): Principal | null | undefined {
  const holder = holderOf(context) as { user?: unknown };
  return holder.user instanceof Principal ? holder.user : found.get(holder);
}

const given = createParamDecorator((_: unknown, context: ExecutionContext): Principal | null => {
  const principal = principalIn(context);
  if (principal === undefined) throw new TypeError('@CurrentUser() stands on a route without AccessGuard');
  return principal;
});

/** Provides the {@link Principal}; null on a `@Public()` route for a request without a valid access token. */
export const CurrentUser = (): ParameterDecorator => (target, key, index) => {
  given()(target, key, index);
  // A pipe that validates classes would make an empty one of it: Principal declares nothing to class-validator.
  const types =
    key === undefined ? undefined : (Reflect.getMetadata('design:paramtypes', target, key) as unknown[]);
  if (types) types[index] = Object;
};

const IS_PUBLIC = 'tokenjar.public';

/** Makes a route public. An access token of the request is read, and an invalid one is ignored. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

/** Makes one route of a public controller demand an access token, unless it says itself that it is public. */
export function closes(handler: object): void {
  if (!Reflect.hasOwnMetadata(IS_PUBLIC, handler)) Reflect.defineMetadata(IS_PUBLIC, false, handler);
}

/** Whether a route demands no access token: one of a host with `@Public()`, or one of ours. */
export const isPublic = (context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): boolean =>
  [context.getHandler(), context.getClass()]
    .map((place) => Reflect.getMetadata(IS_PUBLIC, place) as boolean | undefined)
    .find((said) => said !== undefined) === true;
