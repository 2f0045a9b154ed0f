import { Inject } from '@nestjs/common';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type {
  NewPasskeyInput,
  PasskeysOverview,
  PublicKeyOptions,
  SetUpPasskey,
} from '../http/passkey-payloads.js';
import { CurrentUser, type Principal } from '../http/principal.js';
import { factsOf, Passkeys } from './passkeys.js';
import { PasskeyRegistration } from './registration.js';
import { type OptionalParty, RELYING_PARTY } from './relying-party.js';

/** The passkeys of an account, below /factors/passkeys. */
@ApiController()
export class PasskeysController {
  constructor(
    private readonly registration: PasskeyRegistration,
    private readonly passkeys: Passkeys,
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
  ) {}

  @Operation('passkeyOptions')
  options(@CurrentUser() me: Principal): Promise<PublicKeyOptions> {
    return this.registration.begin(me);
  }

  @Operation('addPasskey')
  add(
    @Input() input: NewPasskeyInput,
    @CurrentUser() me: Principal,
    @From() caller: Caller,
  ): Promise<SetUpPasskey> {
    return this.registration.complete(me, input, caller);
  }

  @Operation('listPasskeys')
  async list(@CurrentUser() me: Principal): Promise<PasskeysOverview> {
    const rows = await this.passkeys.list(me.userId);
    const handle = rows[0]?.handle ?? (await this.passkeys.handleOf(me.userId));
    return {
      rpId: this.party?.id ?? '',
      userHandle: handle.toString('base64url'),
      passkeys: rows.map(factsOf),
    };
  }
}
