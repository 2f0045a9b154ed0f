import type { Body } from './dialect.js';

/** An error reported by the server. */
export interface Problem {
  /** Stable: branch on this. */
  code?: string | undefined;
  /** A sentence for humans. */
  detail?: string | undefined;
  /** Maps each field to sentences. */
  errors?: Record<string, string[]> | undefined;
  /** What went wrong if there was no response. */
  cause?: unknown;
}

/** An error response, or no response at all. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  /** Stable: one of docs/errors.md, or `unreachable` if Tokenjar did not respond (a proxy may have). */
  declare readonly code: string;
  /** Maps each field to sentences. */
  declare readonly errors: Record<string, string[]>;
  /** The status of the response; 0 without one. */
  declare readonly status: number;
  /** When to try again, if the server reports it; at least 1. **Unit** seconds. */
  declare readonly retryAfter?: number | undefined;
  readonly #body: Body | undefined;
  /** The body of the response, as it was sent. Not an own property: reports of errors copy those, and it may contain a secret. */
  get body(): Body | undefined {
    return this.#body;
  }

  constructor(
    { code = 'unreachable', detail = code, errors = {}, cause }: Problem,
    status = 0,
    retryAfter?: number,
    body?: Body,
  ) {
    super(detail, { cause });
    Object.assign(this, { code, errors, status, retryAfter });
    this.#body = body;
  }
}
