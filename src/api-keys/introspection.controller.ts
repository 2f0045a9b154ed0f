import { UseGuards } from '@nestjs/common';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import type { Introspection, PresentedToken } from '../http/key-payloads.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { Introspections } from './introspection.js';
import { ServiceGuard } from './service.guard.js';

/** POST /introspect and /revoke, for other services. */
@ApiController()
export class IntrospectionController {
  constructor(private readonly introspections: Introspections) {}

  @Operation('introspectToken')
  @UseGuards(ServiceGuard)
  introspect(@Input() { token }: PresentedToken): Promise<Introspection> {
    return this.introspections.introspect(token);
  }

  @Operation('revokeToken')
  @UseGuards(ServiceGuard)
  revoke(
    @CurrentUser() service: Principal,
    @Input() { token }: PresentedToken,
    @From() caller: Caller,
  ): Promise<void> {
    return this.introspections.revoke(token, { ...caller, actor: `API key ${service.keyId ?? ''}` });
  }
}
