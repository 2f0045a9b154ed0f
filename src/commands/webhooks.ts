import { Module } from '@nestjs/common';
import { readSecretEnvironment } from '../config/env.js';
import { TokenjarError } from '../errors.js';
import { type EventName, EVENTS } from '../events.js';
import type { DeliveryFacts, WebhookFacts } from '../http/webhook-payloads.js';
import { RefusedUrl, WebhookUrls } from '../webhooks/webhook-url.js';
import { NewWebhooks } from '../webhooks/new-webhooks.js';
import { WebhookKeys } from '../webhooks/webhook-secrets.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { operatorAs } from './operator.js';
import { secretKeys } from './secret-keys.js';

@Module({ providers: [Webhooks] })
class WebhookRecordsModule {}

/** The secret of an endpoint is sealed with the key of the server. */
@Module({
  providers: [
    NewWebhooks,
    { provide: WebhookKeys, useFactory: async () => new WebhookKeys(await secretKeys()) },
    { provide: WebhookUrls, useFactory: () => new WebhookUrls(readSecretEnvironment().webhookAllowPrivate) },
  ],
})
class NewWebhooksModule {}

/** How many are read at once. */
const PAGE = 100;

/** All endpoints, one per line; for scripts, one JSON object per line. */
export const listWebhooks = (isJson: boolean, print: (line: string) => void): Promise<void> =>
  inApplication([WebhookRecordsModule], async (application) => {
    const webhooks = application.get(Webhooks);
    for (let after: string | undefined; ;) {
      const { items, next } = await webhooks.list({ limit: PAGE, after });
      for (const each of items) print(isJson ? JSON.stringify(jsonOf(each)) : lineOf(each));
      if (next === undefined) return;
      after = next;
    }
  });

/** Adds an endpoint, and shows its secret. */
export const addWebhook = (
  url: string,
  events: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> => {
  const unknown = events.find((name) => !(name in EVENTS));
  if (unknown !== undefined) throw new CommandError(`${unknown}: is not an event; docs/events.md lists them`);
  return inApplication([NewWebhooksModule], async (application) => {
    const input = { url, events: events as readonly EventName[] };
    const added = await refusing(url, async () => {
      const webhooks = application.get(NewWebhooks);
      return webhooks.add({ ...input, url: await webhooks.checked(url) }, operatorAs(as));
    });
    if (isJson) return JSON.stringify({ ...jsonOf(added), secret: added.secret });
    return `The webhook ${added.id} is added. Its secret, which is not shown again: ${added.secret}`;
  });
};

/** Deletes an endpoint with its log. */
export const deleteWebhook = (id: string, as?: string): Promise<string> =>
  inApplication([WebhookRecordsModule], async (application) => {
    await refusing(id, () => application.get(Webhooks).delete(idOf(id), operatorAs(as)));
    return 'The webhook is deleted.';
  });

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

/** Sends a delivery again; a running server does it within a second. */
export const replayDelivery = (id: string, deliveryId: string, as?: string): Promise<string> =>
  inApplication([WebhookRecordsModule], async (application) => {
    await refusing(deliveryId, () =>
      application.get(Webhooks).replay(idOf(id), idOf(deliveryId), operatorAs(as)),
    );
    return 'A running server will send it again within a second.';
  });

function idOf(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    throw new CommandError(`${text}: is not an ID`);
  return text;
}

/** What the API refuses, in the words of a command. */
async function refusing<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof TokenjarError)) throw error;
    const why = error.cause instanceof RefusedUrl ? error.cause.message : error.message;
    throw new CommandError(`${what}: ${why}`);
  }
}

const jsonOf = ({ id, url, events, createdAt, disabledAt }: WebhookFacts) => ({
  id,
  url,
  events,
  created_at: createdAt.toISOString(),
  disabled_at: disabledAt?.toISOString() ?? null,
});

const lineOf = ({ id, url, events, disabledAt }: WebhookFacts): string =>
  [id, url, events.join(' ') || '(all events)', disabledAt && '(disabled: 410 Gone)']
    .filter(Boolean)
    .join('  ');

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
