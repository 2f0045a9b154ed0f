import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { addSeconds, Clock, epochSeconds } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { ImpersonationToken } from '../http/admin-payloads.js';
import type { Caller } from '../http/caller.js';
import { type AccessSubject, AccessTokens } from '../tokens/access-token.js';
import { ACTING_LIFETIME } from '../tokens/actor.js';
import { Administrators } from '../users/administrators.js';
import { Roles } from '../users/roles/roles.js';
import { Sessions, type SessionWithUser } from '../users/sessions/sessions.js';
import { ManagedUsers } from './managed-users.js';

interface ActedAs {
  roles: string[];
  claimsEpoch: number;
}

/** Until then, a change of the user is announced to all instances, also if the user has no session. */
const BEGIN = statement<
  [userId: number, until: Date, sessionId: string, reason: string, now: Date, ...by: OrderedBy],
  ActedAs
>(
  'impersonation_begin',
  `WITH begun AS (
      UPDATE tokenjar.users SET impersonated_until = greatest(impersonated_until, $2)
      WHERE id = $1 AND is_active AND NOT roles @> ARRAY['${ADMIN_ROLE}'] RETURNING id, roles, claims_epoch
    ), audited AS (
      ${recorded(
        {
          at: '$5',
          event: 'impersonated',
          reason: '$4::text',
          userId: 'id',
          sessionId: '$3::uuid',
          by: 6,
          actor: '$9::text',
        },
        'begun',
      )}
    )
    SELECT roles, claims_epoch AS "claimsEpoch" FROM begun`,
);

/** Administrators who act as a user, to see what the user sees. */
@Injectable()
export class Impersonation {
  constructor(
    private readonly administrators: Administrators,
    private readonly users: ManagedUsers,
    private readonly sessions: Sessions,
    private readonly roles: Roles,
    private readonly tokens: AccessTokens,
    private readonly hooks: HookCalls,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'authHeaderTypes'>,
  ) {}

  /**
   * Gives an access token of the user that names the administrator. There is no session and no refresh token; it ends
   * with the session, the role or the account of the administrator, and with any change of the user.
   *
   * @param reason for the audit trail, and for the user. **Errors** `account_not_found`, `impersonation_refused`, `hook_failed`.
   * **Source** RFC 8693 §4.1.
   */
  async begin(
    me: { userId: number; sessionId: string },
    id: number,
    reason: string,
    caller: Caller,
  ): Promise<ImpersonationToken> {
    const { subject, notAfter } = await this.allow(me, id, reason, caller);
    const claims = await this.hooks.call('claims', subject);
    const { token, expiresIn } = this.tokens.issue(subject, this.clock.now(), notAfter, claims);
    return { accessToken: token, scheme: this.options.authHeaderTypes[0] ?? 'Bearer', expiresIn };
  }

  private allow(
    me: { userId: number; sessionId: string },
    id: number,
    reason: string,
    caller: Caller,
  ): Promise<{ subject: AccessSubject; notAfter: Date }> {
    return this.administrators.act(me, caller, async (tx, by) => {
      const { publicId } = await this.users.find(id, tx);
      if (id === me.userId) throw new TokenjarError('impersonation_refused');
      const mine = await this.ownSession(me, tx);
      const now = this.clock.now();
      const sessionId = uuidv7({ msecs: now.getTime() });
      const until = addSeconds(now, ACTING_LIFETIME);
      const [user] = await tx.run(BEGIN, [id, until, sessionId, reason, now, ...orderedBy(by)]);
      if (!user) throw new TokenjarError('impersonation_refused');
      await this.roles.upTo(mine.asOf.rolesEpoch);
      const subject: AccessSubject = {
        userId: id,
        publicId,
        sessionId,
        ...this.roles.grant(user.roles, null),
        claimsEpoch: Number(user.claimsEpoch),
        actor: {
          userId: me.userId,
          publicId: mine.user.publicId,
          sessionId: me.sessionId,
          claimsEpoch: mine.asOf.claimsEpoch,
        },
        // The user has not authenticated.
        amr: [],
        acr: 'aal1',
        authTime: epochSeconds(now),
      };
      return { subject, notAfter: mine.absoluteExpiresAt };
    });
  }

  /** Role and epoch are of one row: a role that is taken later outdates the token. **Errors** `token_blacklisted`. */
  private async ownSession(
    { userId, sessionId }: { userId: number; sessionId: string },
    tx: Queries,
  ): Promise<SessionWithUser> {
    const session = await this.sessions.findOwn(userId, sessionId, tx);
    if (!session) throw new TokenjarError('token_blacklisted');
    if (!session.user.isActive || !session.user.roles.includes(ADMIN_ROLE))
      throw new TokenjarError('insufficient_scope');
    return session;
  }
}
