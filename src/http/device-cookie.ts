import { Injectable } from '@nestjs/common';
import { OwnCookie } from './own-cookie.js';

/** The cookie by which accounts recognise a device. It grants no access. */
@Injectable()
export class DeviceCookie extends OwnCookie {
  protected override get name(): string {
    return 'known_device';
  }

  /** No other app uses this name. */
  protected override isOfAnother(): boolean {
    return false;
  }
}
