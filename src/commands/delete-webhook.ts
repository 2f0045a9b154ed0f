import { Webhooks } from '../webhooks/webhooks.js';
import { inApplication } from './application.js';
import { operatorAs } from './operator.js';
import { idOf, refusing, WebhookRecordsModule } from './webhook-records.js';

/** Deletes an endpoint with its log. */
export const deleteWebhook = (id: string, isJson: boolean, as?: string): Promise<string> =>
  inApplication([WebhookRecordsModule], async (application) => {
    await refusing(id, () => application.get(Webhooks).delete(idOf(id), operatorAs(as)));
    return isJson ? JSON.stringify({ id, deleted: true }) : 'The webhook is deleted.';
  });
