import type { EventName } from '../events.js';
import type { ListPage } from './admin-payloads.js';
import { adminOperation } from './operation-row.js';
import type { DeliveryFacts, NewWebhook, WebhookFacts } from './webhook-payloads.js';

/** The rows of {@link OPERATIONS} about webhooks. */
export const WEBHOOK_OPERATIONS = {
  listWebhooks: adminOperation<undefined, ListPage<WebhookFacts>>(
    'GET /admin/webhooks',
    'List the endpoints that are told about events, oldest first',
    { isPaged: true },
  ),
  addWebhook: adminOperation<{ url: string; events?: EventName[] | undefined }, NewWebhook>(
    'POST /admin/webhooks',
    'Add an endpoint that is told about events; its secret is shown once',
    { errors: ['webhook_url_refused'] },
  ),
  deleteWebhook: adminOperation('DELETE /admin/webhooks/:id', 'Delete an endpoint with its log', {
    params: { id: 'ID of the webhook.' },
    errors: ['webhook_not_found'],
  }),
  listWebhookDeliveries: adminOperation<undefined, ListPage<DeliveryFacts>>(
    'GET /admin/webhooks/:id/deliveries',
    'List what was delivered to an endpoint in the last 30 days, and what is to be, latest events first',
    { isPaged: true, params: { id: 'ID of the webhook.' }, errors: ['webhook_not_found'] },
  ),
  replayWebhookDelivery: adminOperation<undefined, DeliveryFacts>(
    'POST /admin/webhooks/:id/deliveries/:did/replay',
    'Send a delivery again, with the same ID',
    {
      params: { id: 'ID of the webhook.', did: 'ID of the delivery.' },
      errors: ['delivery_not_found'],
    },
  ),
};
