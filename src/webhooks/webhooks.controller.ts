import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import type { EventName } from '../events.js';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import { CurrentUser, type Principal } from '../http/principal.js';
import type { DeliveryFacts, NewWebhook, WebhookFacts } from '../http/webhook-payloads.js';
import { Administrators } from '../users/administrators.js';
import { NewWebhooks } from './new-webhooks.js';
import { Webhooks } from './webhooks.js';

/** /admin/webhooks: for administrators. */
@ApiController()
export class WebhooksController {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly added: NewWebhooks,
    private readonly administrators: Administrators,
  ) {}

  @Operation('listWebhooks')
  list(@PageOf() page: Page): Promise<Paged<WebhookFacts>> {
    return this.webhooks.list(page);
  }

  @Operation('addWebhook')
  async add(
    @CurrentUser() me: Principal,
    @Input() input: { url: string; events?: EventName[] | undefined },
    @From() caller: Caller,
  ): Promise<NewWebhook> {
    const url = await this.added.checked(input.url);
    return this.administrators.act(me, caller, (tx, by) => this.added.add({ ...input, url }, by, tx));
  }

  @Operation('deleteWebhook')
  async delete(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    if (!isId(id)) throw new TokenjarError('webhook_not_found');
    await this.administrators.act(me, caller, (tx, by) => this.webhooks.delete(id, by, tx));
  }

  @Operation('listWebhookDeliveries')
  async deliveries(@Param('id') id: string, @PageOf() page: Page): Promise<Paged<DeliveryFacts>> {
    if (!isId(id)) throw new TokenjarError('webhook_not_found');
    return this.webhooks.deliveries(id, page);
  }

  @Operation('replayWebhookDelivery')
  async replay(
    @CurrentUser() me: Principal,
    @Param('id') id: string,
    @Param('did') deliveryId: string,
    @From() caller: Caller,
  ): Promise<DeliveryFacts> {
    if (!isId(id) || !isId(deliveryId)) throw new TokenjarError('delivery_not_found');
    return this.administrators.act(me, caller, (tx, by) => this.webhooks.replay(id, deliveryId, by, tx));
  }
}

const isId = (text: string): boolean => z.uuid().safeParse(text).success;
