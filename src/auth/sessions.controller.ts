import { Delete, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { Edge } from '../http/edge.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses, Returns } from '../http/returns.js';
import { type ListedSession, Sessions } from '../users/sessions.js';
import { currentSessionSchema, sessionsSchema } from './auth.schemas.js';
import { deviceOf } from './device.js';

/** Finer times would tell a thief when the victim comes. **Unit** milliseconds. */
const LAST_USED_STEP = 15 * 60 * 1000;

/** GET /session, and the list of sessions. */
@Edge('session')
@Protected()
export class SessionsController {
  constructor(private readonly sessions: Sessions) {}

  @Get('session')
  @ApiOperation({
    operationId: 'getSession',
    summary: 'What the access token says, without asking the database',
  })
  @Returns(200, 'User, session, roles and expiry.', currentSessionSchema)
  session(@Me() me: Principal): z.infer<typeof currentSessionSchema> {
    return {
      user: { id: me.userId },
      session: { id: me.sessionId },
      roles: [...me.roles],
      expires_at: new Date(me.expiresAt * 1000).toISOString(),
    };
  }

  @Get('sessions')
  @ApiOperation({ operationId: 'listSessions', summary: 'Your sessions, newest first' })
  @Returns(200, 'Where you are signed in.', sessionsSchema)
  @Refuses('database_unavailable')
  async list(@Me() me: Principal): Promise<z.infer<typeof sessionsSchema>> {
    const sessions = await this.sessions.list(me.userId);
    return sessions.map((session) => showSession(session, me.sessionId));
  }

  @Delete('sessions/:id')
  @ApiOperation({ operationId: 'endSession', summary: 'End one of your sessions' })
  @ApiParam({ name: 'id', description: 'Id of the session.', schema: { type: 'string', format: 'uuid' } })
  @Returns(204, 'It has ended.')
  @Refuses('session_not_found', 'database_unavailable')
  async end(@Me() me: Principal, @Param('id') id: string): Promise<void> {
    // A malformed id names no session; neither does somebody else's.
    const isKnown =
      z.uuid().safeParse(id).success && (await this.sessions.end(me.userId, id, 'ended_by_user'));
    if (!isKnown) throw new TokenjarError('session_not_found');
  }

  @Delete('sessions')
  @ApiOperation({ operationId: 'endOtherSessions', summary: 'End all your sessions but this one' })
  @Returns(204, 'They have ended.')
  @Refuses('database_unavailable')
  async endOthers(@Me() me: Principal): Promise<void> {
    await this.sessions.endOthers(me.userId, me.sessionId, 'ended_by_user');
  }
}

const showSession = (session: ListedSession, currentId: string) => ({
  id: session.id,
  current: session.id === currentId,
  device: deviceOf(session.userAgent),
  ip: session.ip,
  created_at: session.createdAt.toISOString(),
  last_used_at: new Date(
    Math.max(
      session.createdAt.getTime(),
      Math.floor(session.lastUsedAt.getTime() / LAST_USED_STEP) * LAST_USED_STEP,
    ),
  ).toISOString(),
});
