import { Module } from '@nestjs/common';
import { readSecretEnvironment } from '../config/env.js';
import { type EventName, EVENTS } from '../events.js';
import { NewWebhooks } from '../webhooks/new-webhooks.js';
import { WebhookKeys } from '../webhooks/webhook-secrets.js';
import { WebhookUrls } from '../webhooks/webhook-url.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { operatorAs } from './operator.js';
import { secretKeys } from './secret-keys.js';
import { jsonOf, refusing } from './webhook-records.js';

/** The secret of an endpoint is sealed with the key of the server. */
@Module({
  providers: [
    NewWebhooks,
    { provide: WebhookKeys, useFactory: async () => new WebhookKeys(await secretKeys()) },
    { provide: WebhookUrls, useFactory: () => new WebhookUrls(readSecretEnvironment().webhookAllowPrivate) },
  ],
})
class NewWebhooksModule {}

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
