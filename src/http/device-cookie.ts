import { Injectable } from '@nestjs/common';
import { OwnCookie } from './own-cookie.js';

/** The cookie by which an account knows a device again. It lets nobody in. */
@Injectable()
export class DeviceCookie extends OwnCookie {
  protected override get name(): string {
    return 'known_device';
  }

  /** Nobody else has a cookie of this name. */
  protected override isOfAnother(): boolean {
    return false;
  }
}
