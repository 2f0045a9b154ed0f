import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { AccessGuard } from './access.guard.js';
import { principalIn } from './principal.js';
import { demand } from './step-up.guard.js';

/** The role of administrators. */
export const ADMIN_ROLE = 'admin';

/** How long ago an administrator may have signed in, at most. **Unit** seconds. */
export const ADMIN_FRESHNESS = 900;

/**
 * Opens an operation to administrators, from the access token alone: the role, and a sign-in with two factors that is
 * not older than `FRESH_SIGN_IN` and 15 minutes. A session with a scope of its own has no role. It includes {@link
 * AccessGuard}, which refuses whoever acts as another user.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly access: AccessGuard,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'freshSignIn'>,
  ) {}

  /** **Errors** `insufficient_scope`, `insufficient_user_authentication`, and those of {@link AccessGuard}. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!(await this.access.canActivate(context))) return false;
    const user = principalIn(context);
    if (!user) throw new TypeError('operations of administrators are not public');
    if (!user.roles.includes(ADMIN_ROLE)) throw new TokenjarError('insufficient_scope');
    const maxAge = Math.min(this.options.freshSignIn, ADMIN_FRESHNESS);
    demand(user, { level: 'aal2', maxAge }, this.clock.now());
    return true;
  }
}
