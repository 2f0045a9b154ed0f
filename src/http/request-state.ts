import type { Options } from '../config/options.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import type { ShownId } from '../user-id.js';
import type { Dialect } from './dialects/dialect.js';
import type { FixedName, OperationName } from './operations.js';

/** What a request is for, and in whose words it is answered. */
export interface Served {
  operation: OperationName;
  dialect: Dialect;
  options: Options;
}

/**
 * What guards and strategies found out about a request, for the handlers and filters that follow them.
 *
 * A slice adds fields of its own types by module augmentation, beside the guard that sets them.
 */
export interface RequestState {
  /** Undefined where no operation was reached, as at an address that is nobody's. */
  served: Served | undefined;
  /** A page of another origin sent it, and it was let pass: none of its cookies count, and none are set. */
  isForeign: boolean;
  /** What the refresh token says, once it has been verified; its session has not been looked at. */
  refreshToken: RefreshSubject | undefined;
  /** Whether its device has proven itself, in case its session is bound to one. */
  isDeviceProven: boolean;
  /** The cookie that the refresh token came in; undefined where it came in the body, or another app set it. */
  refreshCookie: string | undefined;
  /** Of the operations whose format is the same in every dialect. */
  fixed: FixedName | undefined;
  /** Sends an answer past the interceptors of a host; undefined where there are none. */
  reply: ((response: unknown, body: unknown, status: number) => unknown) | undefined;
  /** What was refused, or what a sign-in still needs. **Shape** one of a fixed set of words. */
  code: string | undefined;
  /** The user whom the path names, by the internal ID. */
  userOfPath: number | undefined;
  /** Who has signed in or refreshed; others are known by their access token. */
  shownId: ShownId | undefined;
  sessionId: string | undefined;
}

/** A symbol: no field of a framework or of a host's middleware can be in the way. */
const STATE = Symbol('tokenjar.request');

/** The state of a request; the same object for as long as the request lasts. */
export function stateOf(request: object): RequestState {
  const holder = request as { [STATE]?: RequestState };
  return (holder[STATE] ??= {
    served: undefined,
    isForeign: false,
    refreshToken: undefined,
    isDeviceProven: false,
    refreshCookie: undefined,
    fixed: undefined,
    reply: undefined,
    code: undefined,
    userOfPath: undefined,
    shownId: undefined,
    sessionId: undefined,
  });
}
