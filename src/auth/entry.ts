import { Injectable } from '@nestjs/common';
import { Clock, epochSeconds } from '../clock.js';
import type { Queries } from '../database/database.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer, CookieChange } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { hookUserOf } from '../hooks/hooks.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { permissionsIn } from '../tokens/scope.js';
import { SecurityNotices } from '../users/security-notices.js';
import { SessionOpening } from '../users/sessions/session-opening.js';
import type { SessionWithUser } from '../users/sessions/sessions.js';
import type { User } from '../users/user.entity.js';
import { type Device, KnownDevices } from './known-devices.js';
import type { PendingLoginRow } from './pending-logins.js';
import type { Entered, OnEntry } from './second-steps.js';
import { PresentedSessions } from './presented-sessions.js';
import { type HookAnswers, TokenAnswers } from './token-answer.js';

/** A user who has proven who they are. */
export interface Proof {
  account: User;
  /** The methods used. */
  methods: readonly AuthMethod[];
  device: Device;
  caller: Caller;
  /** Whether this request has created the account; then no device is new to it. */
  isNewAccount?: boolean;
  /** False if the session should end with the browser. */
  remember?: boolean | undefined;
  /** The requested scope of the session, if any; passed through to the end of the sign-in. */
  scope?: string | null | undefined;
  /** The pending login being finished; it is used up in the transaction that opens the session. */
  pending?: PendingLoginRow;
  /** The error if the account has changed since it was checked; by default `bad_credentials`. */
  ifChanged?: ErrorCode;
  /** Run in the same transaction, in this order. */
  onEntry?: readonly OnEntry[];
  /** Whether one of them sets up a factor. */
  isSettingUp?: boolean;
}

/**
 * What happens once a user is let in: the session, its tokens, the device cookie, the notice. Only {@link SignIn} calls
 * it.
 */
@Injectable()
export class Entry {
  constructor(
    private readonly sessions: SessionOpening,
    private readonly presented: PresentedSessions,
    private readonly devices: KnownDevices,
    private readonly notices: SecurityNotices,
    private readonly answers: TokenAnswers,
    private readonly hooks: HookCalls,
    private readonly clock: Clock,
  ) {}

  /**
   * @param claim uses up the pending login.
   * **Errors** `session_limit_reached`; {@link Proof.ifChanged} if the account has changed since it was checked;
   * `login_expired` if that happened during a pending login, or if another request has finished it; `hook_failed`.
   */
  async open(proof: Proof, claim?: (tx: Queries) => Promise<void>): Promise<Answer<TokensAndUser>> {
    const { account, methods, device, caller, isNewAccount, remember = true, scope, pending } = proof;
    const { ifChanged = 'bad_credentials' } = proof;
    const id = this.sessions.newId();
    const asked = await this.ask(id, proof);
    const isNew = !isNewAccount && this.devices.isNew(device, account);
    const entered: Entered[] = [];
    const session = await this.sessions.open({
      id,
      user: account,
      authMethods: methods,
      caller,
      before: this.presented.before(device.cookies),
      isRemembered: remember,
      scope,
      note: isNew ? 'new_device' : undefined,
      claim: claim && ((tx) => this.enter(proof, claim, entered, tx)),
    });
    if (!session) throw new TokenjarError(pending ? 'login_expired' : ifChanged);
    const { result, cookies } = await this.answerTo(session, proof, asked);
    if (isNew) await this.notices.newDevice(account, caller);
    const spent: CookieChange[] = pending ? [{ cookie: 'pendingLogin', value: null }] : [];
    const codes = entered.find(({ recoveryCodes }) => recoveryCodes)?.recoveryCodes;
    return {
      result: codes ? { ...result, recoveryCodes: codes } : result,
      cookies: [
        ...this.devices.remember(device, account),
        ...cookies,
        ...entered.flatMap((each) => each.cookies ?? []),
        ...spent,
      ],
    };
  }

  private async enter(
    { account, onEntry = [] }: Proof,
    claim: (tx: Queries) => Promise<void>,
    entered: Entered[],
    tx: Queries,
  ): Promise<User> {
    await claim(tx);
    let current = account;
    for (const act of onEntry) {
      const done = await act(tx, current);
      entered.push(done);
      current = done.account ?? current;
    }
    return current;
  }

  /** Before anything is used up, so that a hook that fails costs no second factor. */
  private ask(id: string, { account, methods, scope }: Proof): Promise<HookAnswers | undefined> {
    return this.answers.ask({
      id,
      user: account,
      authentication: { methods, time: epochSeconds(this.clock.now()) },
      scope: scope === undefined || scope === null ? null : permissionsIn(scope),
      asOf: account,
    });
  }

  /** A session whose tokens cannot be issued would be one that nobody has. */
  private async answerTo(
    session: SessionWithUser,
    { account, methods, caller }: Proof,
    asked: HookAnswers | undefined,
  ): Promise<Answer<TokensAndUser>> {
    try {
      const answer = await this.answers.give(session, 'welcomed', asked);
      const { ip, userAgent } = caller;
      const user = hookUserOf(account);
      await this.hooks.call('afterSignIn', { user, sessionId: session.id, methods, ip, userAgent });
      return answer;
    } catch (error) {
      await this.sessions.undo(session, caller);
      throw error;
    }
  }
}
