import type { EventName } from '../events.js';

/** An endpoint that is told about events. */
export interface WebhookFacts {
  id: string;
  url: string;
  /** All of them if it is empty. */
  events: EventName[];
  createdAt: Date;
  /** When it answered 410 Gone. */
  disabledAt: Date | null;
}

/** One that was just added, with its secret. */
export interface NewWebhook extends WebhookFacts {
  secret: string;
}

/** An event that is delivered to an endpoint, or was. */
export interface DeliveryFacts {
  id: string;
  event: EventName;
  eventId: number;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  createdAt: Date;
  nextAttemptAt: Date | null;
  deliveredAt: Date | null;
  /** Of the last attempt. */
  responseStatus: number | null;
  error: string | null;
}
