import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';
import { stateOf } from './request-state.js';

/** Finds whom the ID of a user names that was shown. */
export abstract class UserFinder {
  abstract find(text: string): Promise<number | undefined>;
}

/** Finds the user of a path, after the guards that say who may ask. */
@Injectable()
export class UserOfPath implements CanActivate {
  constructor(private readonly finder: UserFinder) {}

  /** What is no ID names nobody either. **Errors** `account_not_found`. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { id } = request.params as { id: string };
    const found = await this.finder.find(id);
    if (found === undefined) throw new TokenjarError('account_not_found');
    stateOf(request).userOfPath = found;
    return true;
  }
}

/** The user of a path, by the internal ID. */
export const UserId = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const { userOfPath } = stateOf(context.switchToHttp().getRequest<HttpRequest>());
  if (userOfPath === undefined) throw new TypeError('the table of operations has no user in this path');
  return userOfPath;
});
