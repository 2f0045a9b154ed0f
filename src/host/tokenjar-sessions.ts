import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import type { PendingSignIn } from '../http/pending-sign-in.js';
import type { ListedEndedSession, ListedSession } from '../users/sessions/listed-session.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Sessions } from '../users/sessions/sessions.js';
import { UserIds } from '../users/user-ids.js';
import { UUID } from '../user-id.js';
import { HostSignIn, type OpenedSession, type SignInByHost } from './host-sign-in.js';
import { hostCaller } from './host-caller.js';
import type { UserRef } from './tokenjar-user.js';

/** Which part of a list is wanted. */
export interface Wanted<Item> {
  /** At most; 100 by default. */
  limit?: number;
  /** The last item of the part before. */
  after?: Item;
}

/** The sessions of users, for the app that Tokenjar is part of. Who may do what is for the app to say: nothing here asks. */
@Injectable()
export class TokenjarSessions {
  constructor(
    private readonly ids: UserIds,
    private readonly sessions: Sessions,
    private readonly ending: SessionEnding,
    private readonly signIn: HostSignIn,
  ) {}

  /** Live sessions, newest first; none for nobody. */
  async list(user: UserRef, { limit, after }: Wanted<ListedSession> = {}): Promise<ListedSession[]> {
    const id = await this.ids.keyOf(user);
    if (id === undefined) return [];
    return this.sessions.list(id, limit, after && { at: after.createdAt, id: after.id });
  }

  /** Sessions that ended within 30 days, most recent first; none for nobody. */
  async listEnded(
    user: UserRef,
    { limit, after }: Wanted<ListedEndedSession> = {},
  ): Promise<ListedEndedSession[]> {
    const id = await this.ids.keyOf(user);
    if (id === undefined) return [];
    return this.sessions.listEnded(id, limit, after && { at: after.endedAt, id: after.id });
  }

  /** Ends a session on every instance within a second. @returns whether the user had one with this ID. */
  async end(user: UserRef, sessionId: string, by?: Caller): Promise<boolean> {
    const id = await this.ids.keyOf(user);
    if (id === undefined || !UUID.test(sessionId)) return false;
    return this.ending.endOne(id, sessionId, 'ended_by_operator', hostCaller(by));
  }

  /** Ends all sessions of a user, on every instance within a second. @param except the ID of one that goes on. @returns whether there were any. */
  async endAll(user: UserRef, { except }: { except?: string } = {}, by?: Caller): Promise<boolean> {
    const id = await this.ids.keyOf(user);
    if (id === undefined) return false;
    return this.ending.endOthers(id, except ?? null, 'ended_by_operator', undefined, hostCaller(by));
  }

  /**
   * Opens a session for a user whom the host has identified itself, such as by LDAP, SAML or a badge, and sets the refresh
   * cookie on the response of the host. All that holds for a sign-in holds: `maySignIn`, a verified address where it is
   * mandatory, the second factor, the limit of sessions, `afterSignIn`, the event `login`, the notice of a new device.
   *
   * @returns the access token; or what is missing, if the account has a second factor, or has to have one, and `methods`
   * does not say that one was proven: the page goes on at `POST /auth/login/second-factor`, with the cookie that is set.
   *
   * **Errors** `account_not_found`, `user_inactive`, `origin_refused`, `email_not_verified`, `invalid_scope`,
   * `session_limit_reached`, `sign_in_refused`, `hook_failed`; `login_expired` if the account changes meanwhile.
   */
  open(user: UserRef, signIn: SignInByHost): Promise<OpenedSession | PendingSignIn> {
    return this.signIn.open(user, signIn);
  }
}
