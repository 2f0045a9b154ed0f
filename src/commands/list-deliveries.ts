import type { DeliveryFacts } from '../http/webhook-payloads.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { inApplication } from './application.js';
import { idOf, PAGE, refusing, WebhookRecordsModule } from './webhook-records.js';

/** What was delivered in the last 30 days, and what is to be, the latest events first. */
export const listDeliveries = (id: string, isJson: boolean, print: (line: string) => void): Promise<void> =>
  inApplication([WebhookRecordsModule], async (application) => {
    const webhooks = application.get(Webhooks);
    for (let after: string | undefined; ;) {
      const page = { limit: PAGE, after };
      const { items, next } = await refusing(id, () => webhooks.deliveries(idOf(id), page));
      for (const each of items) print(isJson ? JSON.stringify(deliveryJson(each)) : deliveryLine(each));
      if (next === undefined) return;
      after = next;
    }
  });

const deliveryJson = (of: DeliveryFacts) => ({
  id: of.id,
  event: of.event,
  event_id: of.eventId,
  status: of.status,
  attempts: of.attempts,
  created_at: of.createdAt.toISOString(),
  next_attempt_at: of.nextAttemptAt?.toISOString() ?? null,
  delivered_at: of.deliveredAt?.toISOString() ?? null,
  response_status: of.responseStatus,
  error: of.error,
});

const deliveryLine = ({ id, event, status, attempts, createdAt, error }: DeliveryFacts): string =>
  [id, createdAt.toISOString(), event, status, `${attempts} attempts`, error].filter(Boolean).join('  ');
