import type { IncomingMessage } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { rowOf } from './operations.js';
import { requestOf } from './request-of.js';
import { stateOf } from './request-state.js';
import { clientSideOf, type ForwardedRequest } from './forwarded.js';
import type { ShownId } from '../user-id.js';

/** The parts of a request that we use, on Fastify and on Express. */
export interface HttpRequest extends ForwardedRequest {
  method: string;
  url: string;
  /** Set by Fastify. */
  id?: unknown;
  body?: unknown;
  /** Of the path. */
  params?: unknown;
  /** Set by Passport. */
  user?: unknown;
}

/** The source of a request, as a value that slices may use. */
export interface Caller {
  /**
   * **Shape** an address that PostgreSQL accepts as `inet`. X-Forwarded-For is only trusted behind `TRUSTED_PROXIES`.
   */
  ip: string | null;
  /** At most 512 characters. */
  userAgent: string | null;
  /** Identifies the request in the audit trail. **Shape** at most 64 characters; null if the framework has none. */
  requestId: string | null;
  /** The operator who acts on somebody else's account, for the audit trail. **Shape** a name. */
  actor?: string;
  /** False once the connection has closed and nobody waits for the response. */
  isConnected(): boolean;
}

export function callerOf(request: HttpRequest): Caller {
  const { socket } = request.raw ?? (request as unknown as IncomingMessage);
  return {
    ip: clientSideOf(request).ip,
    requestId: typeof request.id === 'string' ? request.id.slice(0, 64) : null,
    userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
    // When the client has closed its side (FIN), Node ends ours: the stream is not destroyed yet, but no longer
    // writable.
    isConnected: () => !socket.destroyed && socket.writable,
  };
}

/** Provides the {@link Caller}. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = requestOf<HttpRequest>(context);
  const { shownId, actor } = (request.user ?? {}) as { shownId?: ShownId; actor?: { shownId: ShownId } };
  const operation = stateOf(request).served?.operation;
  const isAdmin = operation !== undefined && rowOf(operation).access === 'admin';
  // Whoever acts on the account of somebody else.
  const by = actor?.shownId ?? (isAdmin ? shownId : undefined);
  return { ...callerOf(request), ...(by !== undefined && { actor: `user ${by}` }) };
});

/** Provides the header Accept-Language, for emails. */
export const Languages = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | null =>
    requestOf<HttpRequest>(context).headers['accept-language']?.slice(0, 200) ?? null,
);
