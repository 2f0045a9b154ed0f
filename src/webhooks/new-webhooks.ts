import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { orderedBy } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { EventName } from '../events.js';
import type { Caller } from '../http/caller.js';
import type { NewWebhook } from '../http/webhook-payloads.js';
import { newSecret, secretText } from './standard-webhooks.js';
import { WebhookKeys } from './webhook-secrets.js';
import { ADD } from './webhook-statements.js';
import { RefusedUrl, WebhookUrls } from './webhook-url.js';

/** Adds endpoints: the only part that sees their secrets besides the one that signs. */
@Injectable()
export class NewWebhooks {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly keys: WebhookKeys,
    private readonly urls: WebhookUrls,
  ) {}

  /** Adds an endpoint. Its secret is returned here only. @param url as {@link checked} returns it. */
  async add(
    { url, events }: { url: string; events?: readonly EventName[] | undefined },
    by: Caller,
    queries: Queries = this.db,
  ): Promise<NewWebhook> {
    const createdAt = this.clock.now();
    const id = uuidv7({ msecs: createdAt.getTime() });
    const secret = newSecret();
    const wanted = [...new Set(events)];
    await queries.run(ADD, [id, url, wanted, this.keys.seal(id, secret), createdAt, ...orderedBy(by)]);
    return { id, url, events: wanted, createdAt, disabledAt: null, secret: secretText(secret) };
  }

  /** The URL as it is called. It may take as long as name servers do. **Errors** `webhook_url_refused`. */
  async checked(url: string): Promise<string> {
    try {
      return await this.urls.check(url);
    } catch (error) {
      if (!(error instanceof RefusedUrl)) throw error;
      throw new TokenjarError('webhook_url_refused', { cause: error });
    }
  }
}
