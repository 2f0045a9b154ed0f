import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import type { SentCookies } from '../http/cookies.js';
import { Sessions } from '../users/sessions/sessions.js';
import { type Device, type DeviceOwner, KnownDevices } from './known-devices.js';
import { PresentedSessions } from './presented-sessions.js';
import { TokenVerification } from './token-verification.js';

/** What a request shows of who is in front of the browser. */
export interface Presence {
  readonly device: Device;
  /** Whether somebody has signed in to the account in it: a session that is alive, or a known device. */
  hasSignedInTo(account: DeviceOwner, queries: Queries): Promise<boolean>;
}

/**
 * Tells whether a browser is that of somebody who uses an account.
 *
 * An emailed key proves the mailbox and nothing else: whoever registered the address may be a stranger. If the browser
 * that sends the key has also signed in to the account, both are the same person's.
 */
@Injectable()
export class AccountHolders {
  constructor(
    private readonly devices: KnownDevices,
    private readonly presented: PresentedSessions,
    private readonly sessions: Sessions,
    private readonly tokens: TokenVerification,
  ) {}

  /** @param authorization the header of the request, for clients that have no cookies. */
  async presenceIn(cookies: SentCookies, authorization?: string): Promise<Presence> {
    const signedIn = await this.tokens.signedInBy(authorization);
    const device = this.devices.of(cookies);
    return {
      device,
      hasSignedInTo: async (account, queries) => {
        if (signedIn === account.id || device.hasSignedInTo(account)) return true;
        const tokens = this.presented.tokensOf(account.id, cookies);
        return (await this.sessions.living(tokens, queries)).size > 0;
      },
    };
  }
}
