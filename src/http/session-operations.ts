import { operation } from './operation-row.js';
import type { ActivityFacts, CurrentSession, EndedSessionFacts, ListedSessionFacts } from './payloads.js';

/** The rows of {@link OPERATIONS} about the own sessions, and what happened to the account. */
export const SESSION_OPERATIONS = {
  getSession: operation<undefined, CurrentSession>(
    'GET /session',
    'Get the claims of the access token, without a database query',
    { tag: 'session', access: 'access_token', allowsActor: true, keys: 'accepted' },
  ),
  listSessions: operation<undefined, ListedSessionFacts[]>(
    'GET /sessions',
    'List your sessions, newest first',
    {
      tag: 'session',
      access: 'access_token',
      allowsActor: true,
      keys: 'accepted',
      isPaged: true,
    },
  ),
  listEndedSessions: operation<undefined, EndedSessionFacts[]>(
    'GET /sessions/ended',
    'List your sessions that ended in the last 30 days, with the reason',
    { tag: 'session', access: 'access_token', allowsActor: true, keys: 'accepted', isPaged: true },
  ),
  endSession: operation('DELETE /sessions/:id', 'End one of your sessions', {
    tag: 'session',
    access: 'access_token',
    params: { id: 'ID of the session.' },
    errors: ['session_not_found'],
  }),
  endOtherSessions: operation('DELETE /sessions', 'End all your sessions except this one', {
    tag: 'session',
    access: 'access_token',
  }),
  listActivity: operation<undefined, ActivityFacts[]>(
    'GET /activity',
    'List the events of your account, newest first',
    { tag: 'session', access: 'access_token', allowsActor: true, keys: 'accepted', isPaged: true },
  ),
};
