import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type {
  FactorFacts,
  RecoveryCodesFacts,
  RecoveryCodesLeft,
  TotpActivation,
  TotpSetupFacts,
} from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { RecoveryCodeSettings } from './recovery-code-settings.js';
import { TotpSettings } from './totp-settings.js';

/** /mfa: what clients of `dj_rest_auth.mfa` call. */
@ApiController()
export class DjangoMfaController {
  constructor(
    private readonly totp: TotpSettings,
    private readonly recoveryCodes: RecoveryCodeSettings,
  ) {}

  @Operation('mfaStatus')
  status(@CurrentUser() me: Principal): Promise<FactorFacts | null> {
    return this.totp.find(me.userId);
  }

  @Operation('beginTotpActivation')
  begin(@CurrentUser() me: Principal): Promise<TotpSetupFacts> {
    return this.totp.begin(me);
  }

  @Operation('activateTotp')
  async activate(
    @CurrentUser() me: Principal,
    @Input() input: TotpActivation,
    @From() caller: Caller,
  ): Promise<Partial<RecoveryCodesFacts>> {
    const { recoveryCodes } = await this.totp.confirm(me, input, caller);
    return recoveryCodes ? { recoveryCodes } : {};
  }

  @Operation('deactivateTotp')
  deactivate(
    @CurrentUser() me: Principal,
    @Input() { code }: { code: string },
    @From() caller: Caller,
  ): Promise<void> {
    return this.totp.removeWith(me, code, caller);
  }

  @Operation('listRecoveryCodes')
  async list(@CurrentUser() me: Principal): Promise<RecoveryCodesLeft> {
    return { left: await this.recoveryCodes.left(me.userId) };
  }

  @Operation('regenerateRecoveryCodes')
  async regenerate(@CurrentUser() me: Principal, @From() caller: Caller): Promise<RecoveryCodesFacts> {
    return { recoveryCodes: await this.recoveryCodes.replace(me, caller) };
  }
}
