import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { hookUserOf } from '../hooks/hooks.js';
import { permissionsIn } from '../tokens/scope.js';
import { Roles } from '../users/roles/roles.js';
import type { Proof } from './entry.js';

/** Who may have a session, and of which scope, once they have proven who they are. */
@Injectable()
export class Admission {
  constructor(
    private readonly roles: Roles,
    private readonly hooks: HookCalls,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'emailVerification'>,
  ) {}

  /**
   * A session may have fewer permissions than its user, and never more.
   *
   * **Errors** `email_not_verified`, `invalid_scope`. **Source** RFC 6749 §3.3, §5.2.
   */
  demand({ account, scope }: Pick<Proof, 'account' | 'scope'>): void {
    if (this.options.emailVerification === 'mandatory' && !account.emailVerified)
      throw new TokenjarError('email_not_verified');
    if (scope === undefined || scope === null) return;
    const held = this.roles.permissionsOf(account.roles);
    if (!permissionsIn(scope).every((each) => held.includes(each))) throw new TokenjarError('invalid_scope');
  }

  /** Asks the host too. **Errors** those of {@link demand}, `sign_in_refused`, `hook_failed`. */
  async demandOfAll(proof: Proof): Promise<void> {
    this.demand(proof);
    if (!this.hooks.has('maySignIn')) return;
    const { account, methods, caller } = proof;
    const { ip, userAgent } = caller;
    const user = hookUserOf(account);
    if ((await this.hooks.call('maySignIn', { user, methods, ip, userAgent })) !== true)
      throw new TokenjarError('sign_in_refused');
  }
}
