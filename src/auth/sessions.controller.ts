import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { ApiController, Operation } from '../http/operation.js';
import type { CurrentSession, EndedSessionFacts, ListedSessionFacts } from '../http/payloads.js';
import { type Page, type Paged, pageOf, PageOf } from '../http/paging.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Sessions } from '../users/sessions/sessions.js';
import { keyOf, seenLast, toFacts, toLiveFacts } from './session-pages.js';

/** GET /session, and the list of sessions. */
@ApiController()
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly ending: SessionEnding,
  ) {}

  @Operation('getSession')
  session(@CurrentUser() me: Principal): CurrentSession {
    const { shownId, sessionId, roles, scopes, amr, acr } = me;
    const [expiresAt, authenticatedAt] = [new Date(me.expiresAt * 1000), new Date(me.authTime * 1000)];
    return {
      userId: shownId,
      sessionId,
      roles,
      scope: scopes.join(' '),
      amr,
      acr,
      authenticatedAt,
      expiresAt,
      actorId: me.actor?.shownId,
    };
  }

  @Operation('listSessions')
  async list(@CurrentUser() me: Principal, @PageOf() page: Page): Promise<Paged<ListedSessionFacts>> {
    const found = await this.sessions.list(me.userId, page.limit + 1, seenLast(page));
    const { items, next } = pageOf(found, page, ({ createdAt, id }) => keyOf(createdAt, id));
    return {
      items: items.map((session) => ({ ...toLiveFacts(session), isCurrent: session.id === me.sessionId })),
      next,
    };
  }

  @Operation('listEndedSessions')
  async listEnded(@CurrentUser() me: Principal, @PageOf() page: Page): Promise<Paged<EndedSessionFacts>> {
    const found = await this.sessions.listEnded(me.userId, page.limit + 1, seenLast(page));
    const { items, next } = pageOf(found, page, ({ endedAt, id }) => keyOf(endedAt, id));
    return {
      items: items.map((session) => ({
        ...toFacts(session),
        endedAt: session.endedAt,
        reason: session.reason,
      })),
      next,
    };
  }

  @Operation('endSession')
  async end(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    // A malformed ID does not name a session of the user either.
    const isKnown =
      z.uuid().safeParse(id).success && (await this.ending.endOne(me.userId, id, 'ended_by_user', caller));
    if (!isKnown) throw new TokenjarError('session_not_found');
  }

  @Operation('endOtherSessions')
  async endOthers(@CurrentUser() me: Principal, @From() caller: Caller): Promise<void> {
    await this.ending.endOthers(me.userId, me.sessionId, 'ended_by_user', undefined, caller);
  }
}
