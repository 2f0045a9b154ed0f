import type { IncomingMessage } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { clientSideOf, type ForwardedRequest } from './forwarded.js';

/** What we use of a request, on Fastify as on Express. */
export interface HttpRequest extends ForwardedRequest {
  method: string;
  url: string;
  /** Given by Fastify. */
  id?: unknown;
  body?: unknown;
  /** Set by Passport. */
  user?: unknown;
}

/** Who sent a request, as a value: what a slice may know of it. */
export interface Caller {
  /** **Shape** an address PostgreSQL takes as `inet`. Believed from X-Forwarded-For only behind `TRUSTED_PROXIES`. */
  ip: string | null;
  /** At most 512 characters. */
  userAgent: string | null;
  /** Names the request in the audit trail. **Shape** at most 64 characters; null where the framework has none. */
  requestId: string | null;
  /** Who gives an order about an account that is not theirs, for the audit trail: an operator. **Shape** a name. */
  actor?: string;
  /** False once the connection has closed: nobody waits for the answer. */
  isConnected(): boolean;
}

export function callerOf(request: HttpRequest): Caller {
  const { socket } = request.raw ?? (request as unknown as IncomingMessage);
  return {
    ip: clientSideOf(request).ip,
    requestId: typeof request.id === 'string' ? request.id.slice(0, 64) : null,
    userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
    // A client that closed its side (FIN) makes Node end ours: not destroyed yet, but no longer writable.
    isConnected: () => !socket.destroyed && socket.writable,
  };
}

/** Hands a handler the {@link Caller}. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<HttpRequest>()),
);

/** Hands a handler the header Accept-Language, for emails. */
export const Languages = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | null =>
    context.switchToHttp().getRequest<HttpRequest>().headers['accept-language']?.slice(0, 200) ?? null,
);
