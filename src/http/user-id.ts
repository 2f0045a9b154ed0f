import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';

/** The ID of a user, in a path. What is no ID names nobody either. **Errors** `account_not_found`. */
export const UserId = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const { id } = context.switchToHttp().getRequest<HttpRequest>().params as { id: string };
  if (!/^[1-9]\d{0,15}$/.test(id) || !Number.isSafeInteger(Number(id)))
    throw new TokenjarError('account_not_found');
  return Number(id);
});
