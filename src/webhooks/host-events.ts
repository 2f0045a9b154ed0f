import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { HostEvent } from '../hooks/hooks.js';
import { newSecret } from './standard-webhooks.js';
import { WebhookKeys } from './webhook-secrets.js';
import { ADD_HOST, HOST_ENDPOINT } from './webhook-statements.js';

/**
 * The hook `onEvent`, which is told as an endpoint for webhooks is: at least once, on one of the instances that have it,
 * and again by the same schedule if it fails.
 */
@Injectable()
export class HostEvents implements OnApplicationBootstrap {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly keys: WebhookKeys,
    private readonly hooks: HookCalls,
  ) {}

  /** Events from before its first start are not told. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.hooks.has('onEvent')) return;
    const sealed = this.keys.seal(HOST_ENDPOINT, newSecret());
    await this.db.run(ADD_HOST, [HOST_ENDPOINT, sealed, this.clock.now()]);
  }

  /** What another instance has to deliver. */
  get notOurs(): readonly string[] {
    return this.hooks.has('onEvent') ? [] : [HOST_ENDPOINT];
  }

  /** **Errors** `hook_failed`. @param id the same at each attempt. */
  async tell(id: string, payload: string): Promise<void> {
    await this.hooks.call('onEvent', { id, ...(JSON.parse(payload) as Omit<HostEvent, 'id'>) });
  }
}
