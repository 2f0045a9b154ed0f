import { Injectable } from '@nestjs/common';
import { OwnCookie } from './own-cookie.js';

/** The cookie that carries the refresh token. */
@Injectable()
export class RefreshCookie extends OwnCookie {
  protected override get name(): string {
    return this.options.cookieName;
  }
}
