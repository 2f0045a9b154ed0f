import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { orderedBy } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { DeliveryFacts, WebhookFacts } from '../http/webhook-payloads.js';
import { cursorInvalid, type Page, type Paged, pageOf } from '../http/paging.js';
import { WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';
import { DELETE, HOST_ENDPOINT, REPLAY } from './webhook-statements.js';

/** Endpoints that are told about events, and the log of what was delivered to them. */
@Injectable()
export class Webhooks {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Oldest first. */
  async list({ limit, after }: Page): Promise<Paged<WebhookFacts>> {
    const found = await this.db
      .repository(WebhookEndpoint)
      .createQueryBuilder('w')
      .where('w.id > :after', { after: after === undefined ? FIRST : uuidIn(after) })
      .orderBy('w.id')
      .take(limit + 1)
      .getMany();
    return pageOf(found, { limit, after }, ({ id }) => id);
  }

  /** Deletes an endpoint with its log. **Errors** `webhook_not_found`. */
  async delete(id: string, caller: Caller, queries: Queries = this.db): Promise<void> {
    demandEndpoint(id);
    const deleted = await queries.run(DELETE, [id, this.clock.now(), ...orderedBy(caller)]);
    if (deleted.length === 0) throw new TokenjarError('webhook_not_found');
  }

  /** The latest events first. **Errors** `webhook_not_found`. */
  async deliveries(endpointId: string, { limit, after }: Page): Promise<Paged<DeliveryFacts>> {
    demandEndpoint(endpointId);
    if (after !== undefined && !/^[1-9]\d{0,14}$/.test(after)) throw cursorInvalid();
    if (!(await this.db.repository(WebhookEndpoint).existsBy({ id: endpointId })))
      throw new TokenjarError('webhook_not_found');
    const found = await this.db.repository(WebhookDelivery).find({
      where: { endpointId, ...(after !== undefined && { eventId: LessThan(Number(after)) }) },
      order: { eventId: 'DESC' },
      take: limit + 1,
    });
    const page = pageOf(found, { limit, after }, ({ eventId }) => String(eventId));
    return { ...page, items: page.items.map(factsOf) };
  }

  /** Sends a delivery again. **Errors** `delivery_not_found`, also if the endpoint is disabled. */
  async replay(
    endpointId: string,
    id: string,
    caller: Caller,
    queries: Queries = this.db,
  ): Promise<DeliveryFacts> {
    if (endpointId === HOST_ENDPOINT) throw new TokenjarError('delivery_not_found');
    const now = this.clock.now();
    const replayed = await queries.run(REPLAY, [id, endpointId, now, ...orderedBy(caller)]);
    const delivery = replayed.length > 0 && (await queries.repository(WebhookDelivery).findOneBy({ id }));
    if (!delivery) throw new TokenjarError('delivery_not_found');
    return factsOf(delivery);
  }
}

/** What a host is told by is none of those that are managed here. **Errors** `webhook_not_found`. */
function demandEndpoint(id: string): void {
  if (id === HOST_ENDPOINT) throw new TokenjarError('webhook_not_found');
}

/** Below every UUID in use but its own. */
const FIRST = HOST_ENDPOINT;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function uuidIn(cursor: string): string {
  if (!UUID.test(cursor)) throw cursorInvalid();
  return cursor;
}

function factsOf(delivery: WebhookDelivery): DeliveryFacts {
  const { id, event, eventId, attempts, createdAt, dueAt, deliveredAt, failedAt } = delivery;
  const isPending = deliveredAt === null && failedAt === null;
  return {
    id,
    event,
    eventId,
    attempts,
    createdAt,
    deliveredAt,
    status: deliveredAt ? 'delivered' : isPending ? 'pending' : 'failed',
    nextAttemptAt: isPending ? dueAt : null,
    responseStatus: delivery.responseStatus,
    error: delivery.lastError,
  };
}
