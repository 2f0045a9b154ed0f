import { Param } from '@nestjs/common';
import type { AuditFacts, ManagedIdentity, ManagedSession } from '../http/admin-payloads.js';
import { type Caller, From } from '../http/caller.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import type { FactorsOverview } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { AuditPages } from './audit-pages.js';
import { UserDetails } from './user-details.js';
import { UserEndings } from './user-endings.js';
import { UserId } from '../http/user-id.js';

/** /admin/users/:id/…: what belongs to the account of somebody else. */
@ApiController()
export class UserDetailsController {
  constructor(
    private readonly details: UserDetails,
    private readonly endings: UserEndings,
    private readonly audit: AuditPages,
  ) {}

  @Operation('listUserSessions')
  sessions(@UserId() id: number, @PageOf() page: Page): Promise<Paged<ManagedSession>> {
    return this.details.sessionsOf(id, page);
  }

  @Operation('endUserSessions')
  endSessions(@CurrentUser() me: Principal, @UserId() id: number, @From() caller: Caller): Promise<void> {
    return this.endings.endSessions(me, id, caller);
  }

  @Operation('endUserSession')
  endSession(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @Param('sid') sessionId: string,
    @From() caller: Caller,
  ): Promise<void> {
    return this.endings.endSession(me, id, sessionId, caller);
  }

  @Operation('listUserFactors')
  factors(@UserId() id: number): Promise<FactorsOverview> {
    return this.details.factorsOf(id);
  }

  @Operation('resetUserFactors')
  resetFactors(@CurrentUser() me: Principal, @UserId() id: number, @From() caller: Caller): Promise<void> {
    return this.endings.resetFactors(me, id, caller);
  }

  @Operation('removeUserFactor')
  removeFactor(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @Param('fid') factorId: string,
    @From() caller: Caller,
  ): Promise<void> {
    return this.endings.removeFactor(me, id, factorId, caller);
  }

  @Operation('listUserIdentities')
  identities(@UserId() id: number): Promise<ManagedIdentity[]> {
    return this.details.identitiesOf(id);
  }

  @Operation('listUserActivity')
  activity(@UserId() id: number, @PageOf() page: Page): Promise<Paged<AuditFacts>> {
    return this.audit.ofUser(id, page);
  }
}
