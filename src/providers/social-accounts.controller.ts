import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import type { SocialAccountFacts } from '../http/provider-payloads.js';
import { Identities } from './identities.js';
import { IdentitySettings } from './identity-settings.js';

/** GET /socialaccounts and POST /socialaccounts/:id/disconnect, as in dj-rest-auth. */
@ApiController()
export class SocialAccountsController {
  constructor(
    private readonly identities: Identities,
    private readonly settings: IdentitySettings,
  ) {}

  @Operation('listSocialAccounts')
  list(@CurrentUser() me: Principal): Promise<SocialAccountFacts[]> {
    return this.identities.list(me.userId);
  }

  @Operation('disconnectSocialAccount')
  async disconnect(
    @CurrentUser() me: Principal,
    @Param('id') id: string,
    @From() caller: Caller,
  ): Promise<SocialAccountFacts> {
    // A malformed ID does not name one either.
    const account = z.uuid().safeParse(id).success
      ? (await this.identities.list(me.userId)).find((each) => each.id === id.toLowerCase())
      : undefined;
    if (!account) throw new TokenjarError('identity_not_found');
    await this.settings.remove(me.userId, account.id, caller);
    return account;
  }
}
