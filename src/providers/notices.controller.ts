import { Param } from '@nestjs/common';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { ProviderNotification } from '../http/provider-payloads.js';
import { ProviderNotices } from './provider-notices.js';

/** POST /providers/:provider/notifications. Its signature says that it is from the provider. */
@ApiController()
export class NoticesController {
  constructor(private readonly notices: ProviderNotices) {}

  @Operation('providerNotification')
  async take(
    @Param('provider') provider: string,
    @Input() { payload }: ProviderNotification,
    @From() caller: Caller,
  ): Promise<void> {
    await this.notices.take(provider, payload, caller);
  }
}
