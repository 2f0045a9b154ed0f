import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import type { IdentityFacts } from '../http/provider-payloads.js';
import { Identities } from './identities.js';
import { IdentitySettings } from './identity-settings.js';

/** GET /identities and DELETE /identities/:id. */
@ApiController()
export class IdentitiesController {
  constructor(
    private readonly identities: Identities,
    private readonly settings: IdentitySettings,
  ) {}

  @Operation('listIdentities')
  list(@CurrentUser() me: Principal): Promise<IdentityFacts[]> {
    return this.identities.list(me.userId);
  }

  @Operation('removeIdentity')
  async remove(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    // A malformed ID does not name one either.
    if (!z.uuid().safeParse(id).success) throw new TokenjarError('identity_not_found');
    await this.settings.remove(me.userId, id, caller);
  }
}
