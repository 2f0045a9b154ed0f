import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { OPTIONS, type Options } from '../config/options.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { UsersModule } from '../users/users.module.js';
import { HostEvents } from './host-events.js';
import { NewWebhooks } from './new-webhooks.js';
import { WebhookFanOut } from './webhook-fan-out.js';
import { WebhookKeys, WebhookResealing } from './webhook-secrets.js';
import { WebhookPurge } from './webhook-purge.js';
import { WebhookSending } from './webhook-sending.js';
import { WebhookUrls } from './webhook-url.js';
import { Webhooks } from './webhooks.js';
import { WebhooksController } from './webhooks.controller.js';

/** Endpoints of other servers that are told about events. */
@Module({
  imports: [AuditModule, UsersModule],
  controllers: [WebhooksController],
  providers: [
    Webhooks,
    NewWebhooks,
    HostEvents,
    WebhookFanOut,
    WebhookSending,
    WebhookResealing,
    WebhookPurge,
    {
      provide: WebhookKeys,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        new WebhookKeys([secretKey, ...secretKeyFallbacks]),
    },
    {
      provide: WebhookUrls,
      inject: [OPTIONS],
      useFactory: ({ webhookAllowPrivate }: Options) => new WebhookUrls(webhookAllowPrivate),
    },
  ],
})
export class WebhooksModule {}
