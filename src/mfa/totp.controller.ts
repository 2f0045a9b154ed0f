import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { NewTotpFactor, SetUpFactor, TotpSetupFacts } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { TotpSettings } from './totp-settings.js';

/** POST /factors/totp and /factors/totp/confirm. */
@ApiController()
export class TotpController {
  constructor(private readonly totp: TotpSettings) {}

  @Operation('setUpTotp')
  begin(@CurrentUser() me: Principal): Promise<TotpSetupFacts> {
    return this.totp.begin(me);
  }

  @Operation('confirmTotp')
  confirm(
    @CurrentUser() me: Principal,
    @Input() input: NewTotpFactor,
    @From() caller: Caller,
  ): Promise<SetUpFactor> {
    return this.totp.confirm(me, input, caller);
  }
}
