import { Injectable, type PipeTransform } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { UserIdText } from '../http/user-id.js';
import { UserIds } from '../users/user-ids.js';

@Injectable()
class UserIdPipe implements PipeTransform<string, Promise<number>> {
  constructor(private readonly ids: UserIds) {}

  /** What is no ID names nobody either. **Errors** `account_not_found`. */
  async transform(text: string): Promise<number> {
    const id = await this.ids.find(text);
    if (id === undefined) throw new TokenjarError('account_not_found');
    return id;
  }
}

/** The user of a path, by the internal ID. **Errors** `account_not_found`. */
export const UserId = () => UserIdText(UserIdPipe);
