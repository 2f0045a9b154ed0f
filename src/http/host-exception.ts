import { HttpException } from '@nestjs/common';
import { type ErrorCode, TokenjarError } from '../errors.js';

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'media_type_unsupported',
};

/**
 * An exception that a host threw, from a guard, pipe or interceptor before our routes or on a route of its own, with
 * its status and its sentence; undefined for anything else.
 */
export function fromHost(thrown: unknown): TokenjarError | undefined {
  if (!(thrown instanceof HttpException)) return undefined;
  const status = thrown.getStatus();
  const code = CODE_OF_STATUS[status] ?? (status < 500 ? 'request_refused' : 'internal_error');
  return new TokenjarError(code, { said: { status, detail: sentenceOf(thrown) }, cause: thrown });
}

/** Of several sentences, as Nest's pipe for validation has them, all. */
function sentenceOf(exception: HttpException): string {
  const response = exception.getResponse();
  const message: unknown =
    typeof response === 'object' ? (response as { message?: unknown }).message : response;
  if (typeof message === 'string') return message;
  return Array.isArray(message) ? message.map(String).join('; ') : exception.message;
}
