import { z } from 'zod';
import { type EventName, EVENTS } from '../../events.js';
import type { DeliveryFacts, NewWebhook, WebhookFacts } from '../webhook-payloads.js';
import { textField } from '../fields.js';
import type { Dialect } from './dialect.js';
import { listShape, showList } from './lists.js';

const EVENT_NAMES = Object.keys(EVENTS) as [EventName, ...EventName[]];

const facts = {
  id: z.uuid(),
  url: z.string(),
  events: z.array(z.string()).meta({ description: 'Names of events; all of them if it is empty.' }),
  created_at: z.iso.datetime(),
  disabled_at: z.iso.datetime().nullable().meta({ description: 'When the endpoint answered 410 Gone.' }),
};
const webhook = z.object(facts).meta({ id: 'Webhook' });
const newWebhook = z
  .object({
    ...facts,
    secret: z.string().meta({ description: 'Verifies signatures (Standard Webhooks); shown only here.' }),
  })
  .meta({ id: 'NewWebhook' });

const showWebhook = ({ id, url, events, createdAt, disabledAt }: WebhookFacts): z.infer<typeof webhook> => ({
  id,
  url,
  events,
  created_at: createdAt.toISOString(),
  disabled_at: disabledAt?.toISOString() ?? null,
});

const delivery = z
  .object({
    id: z.uuid().meta({ description: 'Endpoints get it as `webhook-id`, after `msg_`.' }),
    event: z.string(),
    event_id: z.int().meta({ description: 'ID of the event in the audit trail.' }),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.int(),
    created_at: z.iso.datetime(),
    next_attempt_at: z.iso.datetime().nullable(),
    delivered_at: z.iso.datetime().nullable(),
    response_status: z.int().nullable().meta({ description: 'Of the last attempt.' }),
    error: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
  })
  .meta({ id: 'WebhookDelivery' });

const showDelivery = (of: DeliveryFacts): z.infer<typeof delivery> => ({
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

/** The operations of administrators on webhooks, the same in every dialect. */
export const webhookOperations = {
  listWebhooks: {
    status: 200,
    shape: listShape(webhook, 'Webhooks'),
    gives: showList(showWebhook),
    description: 'At most 100 webhooks (`?limit=`), and the cursor of the next page.',
  },
  addWebhook: {
    takes: z
      .object({
        url: textField(2000),
        events: z
          .array(
            z.enum(EVENT_NAMES, 'This is not the name of an event.'),
            'This field must be a list of events.',
          )
          .max(EVENT_NAMES.length)
          .optional()
          .meta({ description: 'Names of events; without them, or with none, all of them.' }),
      })
      .meta({
        id: 'WebhookInput',
        examples: [{ url: 'https://hooks.example/tokenjar', events: ['registration', 'user_deleted'] }],
      }),
    status: 201,
    shape: newWebhook,
    gives: (added: NewWebhook): z.infer<typeof newWebhook> => ({
      ...showWebhook(added),
      secret: added.secret,
    }),
    description: 'The webhook with its secret.',
  },
  deleteWebhook: { status: 204, description: 'The webhook is deleted.' },
  listWebhookDeliveries: {
    status: 200,
    shape: listShape(delivery, 'WebhookDeliveries'),
    gives: showList(showDelivery),
    description: 'At most 100 deliveries (`?limit=`), and the cursor of the next page.',
  },
  replayWebhookDelivery: {
    status: 200,
    shape: delivery,
    gives: showDelivery,
    description: 'The delivery, which is sent again now.',
  },
} satisfies Dialect['operations'];
