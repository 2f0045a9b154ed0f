import type { ExecutionContext } from '@nestjs/common';

/** What Nest's adapters of GraphQL put into the context of a resolver. */
interface GraphqlContext<Request> {
  req?: Request;
  request?: Request;
  reply?: { request?: Request };
}

/** The kinds of contexts that Nest has guards for. */
type Kind = 'http' | 'graphql' | 'ws' | 'rpc';

/** A call that belongs to no HTTP request. */
export class NoRequest extends TypeError {}

/** The HTTP request that a call belongs to. @throws {NoRequest} */
export function requestOf<Request>(context: ExecutionContext): Request {
  const kind = context.getType<Kind>();
  // switchToHttp() makes three functions each time.
  if (kind === 'http') return context.getArgByIndex<Request>(0);
  if (kind === 'graphql') {
    const { req, request, reply } = context.getArgByIndex<GraphqlContext<Request>>(2);
    const found = req ?? request ?? reply?.request;
    if (found) return found;
  }
  throw new NoRequest(
    `AccessGuard finds no HTTP request in a call of the kind "${kind}": extend it, and say in getRequest() what holds the headers (docs/nestjs.md)`,
  );
}

/**
 * What lives as long as a call, and by which its parameters find what the guard found: the request, the context of a
 * resolver, what a client of a gateway has sent, the context of a message.
 */
export function holderOf(context: ExecutionContext): object {
  switch (context.getType<Kind>()) {
    case 'http':
      return context.getArgByIndex<object>(0);
    case 'graphql':
      return context.getArgByIndex<object>(2);
    case 'ws': {
      // A client may speak for several users, and send the next message while this one waits.
      const sent = context.switchToWs().getData<unknown>();
      return typeof sent === 'object' && sent !== null ? sent : context.switchToWs().getClient<object>();
    }
    default:
      return context.switchToRpc().getContext<object>();
  }
}
