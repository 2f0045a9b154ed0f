import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { ErrorCode } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { SecurityNotices } from '../users/security-notices.js';
import type { User } from '../users/user.entity.js';
import { type Device, KnownDevices } from './known-devices.js';

/** What follows a wrong second factor in a login: a record, and an email if it may be somebody who has the password. */
@Injectable()
export class SecondFactorFailures {
  constructor(
    private readonly audit: Audit,
    private readonly notices: SecurityNotices,
    private readonly devices: KnownDevices,
  ) {}

  /**
   * People mistype codes on the devices that they use, so that a known device causes an email only when the login ends
   * by it.
   *
   * @param isLast whether it has ended the login. **Source** ASVS 5.0 6.3.5.
   */
  async note(
    account: User,
    reason: ErrorCode,
    isLast: boolean,
    device: Device,
    caller: Caller,
  ): Promise<void> {
    if (isLast || this.devices.isNew(device, account)) await this.notices.factorFailed(account, caller);
    await this.audit.record({ event: 'login', outcome: 'failure', reason, userId: account.id, caller });
  }
}
