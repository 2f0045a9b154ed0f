import { Param } from '@nestjs/common';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { PasskeyFacts } from '../http/passkey-payloads.js';
import { CurrentUser, type Principal } from '../http/principal.js';
import { Factors } from '../mfa/factors.js';
import { factsOf, Passkeys } from './passkeys.js';

/** Passkeys as in dj-rest-auth; in other dialects each is one of the factors. */
@ApiController()
export class PasskeyController {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly factors: Factors,
  ) {}

  @Operation('listOwnPasskeys')
  async list(@CurrentUser() me: Principal): Promise<PasskeyFacts[]> {
    return (await this.passkeys.list(me.userId)).map(factsOf);
  }

  @Operation('getPasskey')
  get(@Param('id') id: string, @CurrentUser() me: Principal): Promise<PasskeyFacts> {
    return this.passkeys.get(id.toLowerCase(), me.userId);
  }

  @Operation('renamePasskey')
  async rename(
    @Param('id') id: string,
    @Input() { name }: { name: string },
    @CurrentUser() me: Principal,
    @From() caller: Caller,
  ): Promise<PasskeyFacts> {
    const passkey = await this.passkeys.get(id.toLowerCase(), me.userId);
    await this.factors.rename(me, passkey.id, name, caller);
    return { ...passkey, name };
  }

  @Operation('removePasskey')
  async remove(@Param('id') id: string, @CurrentUser() me: Principal, @From() caller: Caller): Promise<void> {
    const passkey = await this.passkeys.get(id.toLowerCase(), me.userId);
    await this.factors.remove(me, passkey.id, caller);
  }
}
