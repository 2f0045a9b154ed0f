import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from './caller.js';

/** The text of a path that is to be the ID of a user; a pipe finds the user. */
export const UserIdText = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { id } = context.switchToHttp().getRequest<HttpRequest>().params as { id: string };
  return id;
});
