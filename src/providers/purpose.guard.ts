import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Strategy } from 'passport';
import type { HttpRequest } from '../http/caller.js';
import { refuseActor, refuseKeys } from '../http/principal.js';
import { readInput } from '../http/input.js';
import type { ProviderStart } from '../http/provider-payloads.js';
import { ACCESS_STRATEGY, StrategyGuard } from '../http/strategy.guard.js';

/** Demands an access token for purposes other than signing in. **Errors** `access_missing`, `token_*`, `input_invalid`, `api_key_refused`, `impersonating`. */
@Injectable()
export class PurposeGuard extends StrategyGuard {
  constructor(@Inject(ACCESS_STRATEGY) strategy: Strategy) {
    super(strategy);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const { purpose } = readInput(request) as ProviderStart;
    if (purpose === 'login') return true;
    await super.canActivate(context);
    refuseKeys(request.user);
    refuseActor(request.user);
    return true;
  }
}
