import type { WebhookFacts } from '../http/webhook-payloads.js';
import { Webhooks } from '../webhooks/webhooks.js';
import { inApplication } from './application.js';
import { jsonOf, PAGE, WebhookRecordsModule } from './webhook-records.js';

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

const lineOf = ({ id, url, events, disabledAt }: WebhookFacts): string =>
  [id, url, events.join(' ') || '(all events)', disabledAt && '(disabled: 410 Gone)']
    .filter(Boolean)
    .join('  ');
