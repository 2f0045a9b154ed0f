import { Injectable } from '@nestjs/common';
import { OwnCookie } from './own-cookie.js';

/** The cookie of a device that saves the second step. It lets nobody in by itself. */
@Injectable()
export class TrustedDeviceCookie extends OwnCookie {
  protected override get name(): string {
    return 'trusted_device';
  }

  /** Nobody else has a cookie of this name. */
  protected override isOfAnother(): boolean {
    return false;
  }

  protected override get sameSite(): 'strict' {
    return 'strict';
  }
}
