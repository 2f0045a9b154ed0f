import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer, CookieChange } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { SecurityNotices } from '../users/security-notices.js';
import { type Claim, SessionOpening } from '../users/sessions/session-opening.js';
import type { User } from '../users/user.entity.js';
import { type Device, KnownDevices } from './known-devices.js';
import type { PendingLoginRow } from './pending-logins.js';
import { PresentedSessions } from './presented-sessions.js';
import { TokenAnswers } from './token-answer.js';

/** Somebody who has proved who they are. */
export interface Proof {
  account: User;
  /** How they did. */
  methods: readonly AuthMethod[];
  device: Device;
  caller: Caller;
  /** Whether the request has made the account: then no device is new to it. */
  isNewAccount?: boolean;
  /** False where the session is to end with the browser; handed on to the end of the sign-in. */
  remember?: boolean;
  /** What the session may do, where it was asked for; handed on likewise. */
  scope?: string | null;
  /** The login that goes on: it is used up in the transaction that opens the session. */
  pending?: PendingLoginRow;
}

/** What happens once somebody is let in: the session, its tokens, the device, the notice. Called by {@link SignIn} alone. */
@Injectable()
export class Entry {
  constructor(
    private readonly sessions: SessionOpening,
    private readonly presented: PresentedSessions,
    private readonly devices: KnownDevices,
    private readonly notices: SecurityNotices,
    private readonly answers: TokenAnswers,
  ) {}

  /**
   * **Errors** `session_limit_reached`; `bad_credentials` when the account changed since it was checked; `login_expired`
   * where that was a login that lacked a step, or somebody else has just finished it.
   */
  async open(
    { account, methods, device, caller, isNewAccount, pending }: Proof,
    claim?: Claim,
  ): Promise<Answer<TokensAndUser>> {
    const isNew = !isNewAccount && this.devices.isNew(device, account);
    const session = await this.sessions.open({
      user: account,
      authMethods: methods,
      caller,
      before: this.presented.before(device.cookies),
      note: isNew ? 'new_device' : undefined,
      claim,
    });
    if (!session) throw new TokenjarError(pending ? 'login_expired' : 'bad_credentials');
    if (isNew) await this.notices.newDevice(account, caller);
    const { result, cookies } = this.answers.give(session, 'welcomed');
    const spent: CookieChange[] = pending ? [{ cookie: 'pendingLogin', value: null }] : [];
    return { result, cookies: [...this.devices.remember(device, account), ...cookies, ...spent] };
  }
}
