import { Delete, Get, Param } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Edge } from '../http/edge.js';
import { Operates } from '../http/operation.js';
import type { CurrentSession, EndedSessionFacts, ListedSessionFacts } from '../http/operations.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { SessionEnding } from '../users/session-ending.js';
import { type ListedSession, Sessions } from '../users/sessions.js';
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
  session(@Me() { userId, sessionId, roles, expiresAt }: Principal): CurrentSession {
    return { userId, sessionId, roles, expiresAt: new Date(expiresAt * 1000) };
  }

  @Get('sessions')
  @Operates('listSessions', 'Your sessions, newest first')
  @Refuses('database_unavailable')
  async list(@Me() me: Principal): Promise<ListedSessionFacts[]> {
    const sessions = await this.sessions.list(me.userId);
    return sessions.map((session) => ({ ...toFacts(session), isCurrent: session.id === me.sessionId }));
  }

  @Get('sessions/ended')
  @Operates('listEndedSessions', 'Your sessions that were ended in the last 30 days, and why')
  @Refuses('database_unavailable')
  async listEnded(@Me() me: Principal): Promise<EndedSessionFacts[]> {
    const sessions = await this.sessions.listEnded(me.userId);
    return sessions.map((session) => ({
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

const toFacts = ({ id, userAgent, ip, createdAt, lastUsedAt }: ListedSession) => ({
  id,
  device: deviceOf(userAgent),
  ip,
  createdAt,
  lastUsedAt: new Date(
    Math.max(createdAt.getTime(), Math.floor(lastUsedAt.getTime() / LAST_USED_STEP) * LAST_USED_STEP),
  ),
});
