import type { ImpersonationInput, ImpersonationToken } from '../http/admin-payloads.js';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { UserId } from '../http/user-id.js';
import { Impersonation } from './impersonation.js';

/** POST /admin/users/:id/impersonate. */
@ApiController()
export class ImpersonationController {
  constructor(private readonly impersonation: Impersonation) {}

  @Operation('impersonateUser')
  begin(
    @CurrentUser() me: Principal,
    @UserId() id: number,
    @Input() { reason }: ImpersonationInput,
    @From() caller: Caller,
  ): Promise<ImpersonationToken> {
    return this.impersonation.begin(me, id, reason, caller);
  }
}
