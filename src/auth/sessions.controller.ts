import { Delete, Get, Param, Req, Res } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Edge } from '../http/edge.js';
import { Operates } from '../http/operation.js';
import type { CurrentSession, EndedSessionFacts, ListedSessionFacts } from '../http/operations.js';
import { cursorInvalid, linkNext, type Page, pageOf, PageOf } from '../http/paging.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import type { ListedSession, SeenLast } from '../users/sessions/listed-session.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Sessions } from '../users/sessions/sessions.js';
import { deviceOf } from '../http/device.js';

/** Finer times would tell a thief when the victim comes. **Unit** milliseconds. */
const LAST_USED_STEP = 15 * 60 * 1000;

/** GET /session, and the list of sessions. */
@Edge('session')
@Protected()
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly ending: SessionEnding,
  ) {}

  @Get('session')
  @Operates('getSession', 'What the access token says, without asking the database')
  session(@Me() me: Principal): CurrentSession {
    const { userId, sessionId, roles, amr, acr } = me;
    const [expiresAt, authenticatedAt] = [new Date(me.expiresAt * 1000), new Date(me.authTime * 1000)];
    return { userId, sessionId, roles, amr, acr, authenticatedAt, expiresAt };
  }

  @Get('sessions')
  @Operates('listSessions', 'Your sessions, newest first')
  @Refuses('input_invalid', 'database_unavailable')
  async list(
    @Me() me: Principal,
    @PageOf() page: Page,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<ListedSessionFacts[]> {
    const found = await this.sessions.list(me.userId, page.limit + 1, seenLast(page));
    const paged = pageOf(found, page, ({ createdAt, id }) => keyOf(createdAt, id));
    linkNext(request, response, paged);
    return paged.items.map((session) => ({ ...toFacts(session), isCurrent: session.id === me.sessionId }));
  }

  @Get('sessions/ended')
  @Operates('listEndedSessions', 'Your sessions that were ended in the last 30 days, and why')
  @Refuses('input_invalid', 'database_unavailable')
  async listEnded(
    @Me() me: Principal,
    @PageOf() page: Page,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<EndedSessionFacts[]> {
    const found = await this.sessions.listEnded(me.userId, page.limit + 1, seenLast(page));
    const paged = pageOf(found, page, ({ endedAt, id }) => keyOf(endedAt, id));
    linkNext(request, response, paged);
    return paged.items.map((session) => ({
      ...toFacts(session),
      endedAt: session.endedAt,
      reason: session.reason,
    }));
  }

  @Delete('sessions/:id')
  @ApiParam({ name: 'id', description: 'Id of the session.', schema: { type: 'string', format: 'uuid' } })
  @Operates('endSession', 'End one of your sessions')
  @Refuses('session_not_found', 'database_unavailable')
  async end(@Me() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    // A malformed id names no session; neither does somebody else's.
    const isKnown =
      z.uuid().safeParse(id).success && (await this.ending.endOne(me.userId, id, 'ended_by_user', caller));
    if (!isKnown) throw new TokenjarError('session_not_found');
  }

  @Delete('sessions')
  @Operates('endOtherSessions', 'End all your sessions but this one')
  @Refuses('database_unavailable')
  async endOthers(@Me() me: Principal, @From() caller: Caller): Promise<void> {
    await this.ending.endOthers(me.userId, me.sessionId, 'ended_by_user', undefined, caller);
  }
}

/** **Shape** milliseconds since 1970, and a UUID. */
const keyOf = (at: Date, id: string): string => `${at.getTime()}_${id}`;

function seenLast({ after }: Page): SeenLast | undefined {
  if (after === undefined) return undefined;
  const [, at = '', id = ''] = /^(\d{1,14})_([\da-f-]{36})$/.exec(after) ?? [];
  if (!z.uuid().safeParse(id).success) throw cursorInvalid();
  return { at: new Date(Number(at)), id };
}

const toFacts = ({ id, userAgent, ip, createdAt, lastUsedAt }: ListedSession) => ({
  id,
  device: deviceOf(userAgent),
  ip,
  createdAt,
  lastUsedAt: new Date(
    Math.max(createdAt.getTime(), Math.floor(lastUsedAt.getTime() / LAST_USED_STEP) * LAST_USED_STEP),
  ),
});
