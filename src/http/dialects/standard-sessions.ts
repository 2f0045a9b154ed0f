import { z } from 'zod';
import { ownEvents } from '../../events.js';
import { shownUserId } from '../fields.js';
import type { ActivityFacts, EndedSessionFacts, ListedSessionFacts } from '../payloads.js';
import type { Dialect } from './dialect.js';
import { deviceOperations } from './device-session.js';
import { addressForm, says, typedAddress } from './standard-emails.js';

/** Any other value is an invalid link, not an invalid field. */
const unlocking = z
  .object({
    key: z.string('This field must be a string.').max(512, 'This field must have at most 512 characters.'),
    email: typedAddress,
  })
  .meta({ id: 'Unlocking', examples: [{ key: 'q3mJ0wq1Zk6o2c0b6m2y9A' }] });

const currentSession = z
  .object({
    user: z.object({ id: shownUserId }),
    session: z.object({ id: z.uuid() }),
    roles: z.array(z.string()).meta({ description: 'None if the sign-in asked for a `scope`.' }),
    scope: z.string().meta({ description: 'The permissions of this session, separated by spaces.' }),
    amr: z.array(z.string()).meta({
      description:
        'How you authenticated (RFC 8176): `pwd`, `otp`, `hwk`, `swk`, `user`, `email`, `fed`; `mfa` if these are two factors. More values may be added.',
    }),
    acr: z.enum(['aal1', 'aal2']).meta({ description: '`aal2` with two factors.' }),
    authenticated_at: z.iso
      .datetime()
      .meta({ description: 'When you authenticated. A refresh does not change it.' }),
    expires_at: z.iso.datetime(),
    act: z
      .object({ sub: z.string() })
      .optional()
      .meta({ description: 'The administrator who acts as the user (RFC 8693); absent if it is the user.' }),
  })
  .meta({ id: 'CurrentSession' });

export const sessionFacts = {
  device: z.string().nullable(),
  ip: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().meta({ description: 'In steps of 15 minutes.' }),
};
export const showSessionFacts = ({
  device,
  ip,
  createdAt,
  lastUsedAt,
}: Omit<ListedSessionFacts, 'id' | 'isCurrent' | 'isDeviceBound'>) => ({
  device,
  ip,
  created_at: createdAt.toISOString(),
  last_used_at: lastUsedAt.toISOString(),
});

export const deviceBound = z
  .boolean()
  .meta({ description: 'Whether it is bound to its device. False without `DEVICE_BOUND_SESSIONS`.' });

const session = z
  .object({ id: z.uuid(), current: z.boolean(), ...sessionFacts, device_bound: deviceBound })
  .meta({ id: 'Session' });
const showSession = (listed: ListedSessionFacts): z.infer<typeof session> => ({
  id: listed.id,
  current: listed.isCurrent,
  ...showSessionFacts(listed),
  device_bound: listed.isDeviceBound,
});

const endedSession = z
  .object({
    id: z.uuid(),
    ...sessionFacts,
    ended_at: z.iso.datetime(),
    reason: z.string().meta({
      description:
        'Why: `logout`, `replaced` (its browser signed in again), `blacklist` (its refresh token was blacklisted), `ended_by_user` (from another session), `ended_by_operator`, `session_limit`, `password_change`, `password_reset`, `factor_change`, `address_proven` (an emailed code verified the address), `provider_revoked` (you ended the connection at a provider), `sign_in_failed` (its tokens could not be issued), `user_deactivated`; `reuse_orphan` (its refresh token had two holders) or `reuse_ancestor` (an old copy of it was used). More values may be added.',
    }),
  })
  .meta({ id: 'EndedSession' });
const showEnded = (ended: EndedSessionFacts): z.infer<typeof endedSession> => ({
  id: ended.id,
  ...showSessionFacts(ended),
  ended_at: ended.endedAt.toISOString(),
  reason: ended.reason,
});

const activity = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    event: z.string().meta({ description: `${ownEvents()}. More values may be added.` }),
    outcome: z.enum(['success', 'failure']),
    reason: z.string().nullable().meta({
      description:
        'Of a failure `wrong_password`, `user_inactive`, `email_not_verified` or `session_limit_reached`; of `rate_limited` the limit; of a login `new_device` where the account did not know the device; of a session that ended, why, as in the list of ended sessions.',
    }),
    session_id: z.uuid().nullable(),
    device: z.string().nullable(),
    ip: z.string().nullable().meta({ description: 'Null if an operator did it.' }),
    methods: z.array(z.string()).nullable().meta({
      description: 'Of a successful login: how you authenticated, as in `amr` of the session.',
    }),
    count: z
      .int()
      .meta({ description: 'How often it happened: equal refusals within a minute are one entry.' }),
    actor: z.string().optional().meta({
      description: 'Of `impersonated`: the administrator who acted as you, and why under `reason`.',
    }),
  })
  .meta({ id: 'Activity' });
const showActivity = ({ sessionId, at, ...facts }: ActivityFacts): z.infer<typeof activity> => ({
  ...facts,
  at: at.toISOString(),
  session_id: sessionId,
});

/** The operations on sessions, shared with the django dialects. */
export const sessionOperations = {
  ...deviceOperations,
  unlockLogin: {
    takes: unlocking,
    status: 204,
    description:
      'The account knows this browser, which can now sign in regardless of wrong passwords from others.',
  },
  resendUnlock: { takes: addressForm, ...says('If the address has an account, an email is on its way.') },
  getSession: {
    status: 200,
    shape: currentSession,
    gives: ({ userId, sessionId, roles, scope, amr, acr, authenticatedAt, expiresAt, actorId }) => ({
      user: { id: userId },
      session: { id: sessionId },
      roles,
      scope,
      amr,
      acr,
      authenticated_at: authenticatedAt.toISOString(),
      expires_at: expiresAt.toISOString(),
      ...(actorId !== undefined && { act: { sub: String(actorId) } }),
    }),
    description: 'User, session, roles, how and when you authenticated, and expiry.',
  },
  listSessions: {
    status: 200,
    shape: z.array(session),
    gives: (sessions) => sessions.map(showSession),
    description:
      'Your sessions, at most 100 (`?limit=`). If there are more, the header `Link` names the next page.',
  },
  listEndedSessions: {
    status: 200,
    shape: z.array(endedSession),
    gives: (sessions) => sessions.map(showEnded),
    description:
      'Newest first, at most 100 (`?limit=`); the header `Link` names the next page. Expired sessions are not included.',
  },
  listActivity: {
    status: 200,
    shape: z.array(activity),
    gives: (events) => events.map(showActivity),
    description: 'Newest first, at most 100 (`?limit=`); the header `Link` names the next page.',
  },
  endSession: { status: 204, description: 'The session has ended.' },
  endOtherSessions: { status: 204, description: 'The sessions have ended.' },
} satisfies Dialect['operations'];
