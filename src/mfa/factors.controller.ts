import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { FactorFacts, FactorsOverview, RecoveryCodesFacts } from '../http/payloads.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { FactorOverview } from './factor-overview.js';
import { FactorResetCancelling } from './factor-reset-cancelling.js';
import { Factors } from './factors.js';
import { RecoveryCodeSettings } from './recovery-code-settings.js';
import { TrustedDevices } from './trusted-devices.js';

/** /factors: the own second factors. */
@ApiController()
export class FactorsController {
  constructor(
    private readonly overview: FactorOverview,
    private readonly factors: Factors,
    private readonly recoveryCodes: RecoveryCodeSettings,
    private readonly trustedDevices: TrustedDevices,
    private readonly resets: FactorResetCancelling,
  ) {}

  @Operation('listFactors')
  list(@CurrentUser() me: Principal): Promise<FactorsOverview> {
    return this.overview.of(me.userId);
  }

  @Operation('replaceRecoveryCodes')
  async replaceRecoveryCodes(
    @CurrentUser() me: Principal,
    @From() caller: Caller,
  ): Promise<RecoveryCodesFacts> {
    return { recoveryCodes: await this.recoveryCodes.replace(me, caller) };
  }

  @Operation('removeTrustedDevice')
  removeTrustedDevice(
    @CurrentUser() me: Principal,
    @Param('id') id: string,
    @From() caller: Caller,
  ): Promise<void> {
    if (!isId(id)) throw new TokenjarError('trusted_device_not_found');
    return this.trustedDevices.remove(me, id, caller);
  }

  // Before the routes with an id, for routers that take the first one that fits.
  @Operation('cancelFactorReset')
  cancelReset(@CurrentUser() me: Principal, @From() caller: Caller): Promise<void> {
    return this.resets.cancel(me, caller);
  }

  @Operation('renameFactor')
  rename(
    @CurrentUser() me: Principal,
    @Param('id') id: string,
    @Input() { name }: { name: string },
    @From() caller: Caller,
  ): Promise<FactorFacts> {
    if (!isId(id)) throw new TokenjarError('factor_not_found');
    return this.factors.rename(me, id, name, caller);
  }

  @Operation('removeFactor')
  remove(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    if (!isId(id)) throw new TokenjarError('factor_not_found');
    return this.factors.remove(me, id, caller);
  }
}

/** A malformed ID names nothing of the user either. */
const isId = (id: string): boolean => z.uuid().safeParse(id).success;
