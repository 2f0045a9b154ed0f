import { Webhooks } from '../webhooks/webhooks.js';
import { inApplication } from './application.js';
import { operatorAs } from './operator.js';
import { idOf, refusing, WebhookRecordsModule } from './webhook-records.js';

/** Sends a delivery again; a running server does it within a second. */
export const replayDelivery = (id: string, deliveryId: string, as?: string): Promise<string> =>
  inApplication([WebhookRecordsModule], async (application) => {
    await refusing(deliveryId, () =>
      application.get(Webhooks).replay(idOf(id), idOf(deliveryId), operatorAs(as)),
    );
    return 'A running server will send it again within a second.';
  });
