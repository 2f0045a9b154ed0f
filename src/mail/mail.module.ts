import { Module } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { Database } from '../database/database.js';
import { type Statement, statement } from '../database/statement.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { Metrics } from '../measures.js';
import { EmailPurge } from './email-purge.js';
import { EmailSeal } from './email-seal.js';
import { EmailWriter } from './email-writer.js';
import { EMAIL_TEXTS, type EmailTexts, EmailWording } from './host-texts.js';
import { Mailer } from './mailer.js';
import { Outbox } from './outbox.js';
import { watchOutbox } from './outbox-age.js';
import { readOwnTemplates } from './own-templates.js';
import { Sending } from './sending.js';

/** Emails: the queue, and how they are sent. */
@Module({
  providers: [
    EmailPurge,
    {
      provide: EmailSeal,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        new EmailSeal(secretKey, secretKeyFallbacks),
    },
    {
      provide: EmailWriter,
      inject: [OPTIONS, Database],
      useFactory: ({ siteName, emailTemplatesDir: directory }: Options, db: Database) =>
        db.orClose(
          async () =>
            new EmailWriter(
              siteName,
              directory === undefined ? undefined : await readOwnTemplates(directory),
            ),
        ),
    },
    {
      provide: EmailWording,
      inject: [EmailWriter, EMAIL_TEXTS, HookCalls],
      useFactory: (writer: EmailWriter, texts: EmailTexts | undefined, hooks: HookCalls) =>
        new EmailWording(writer, texts, hooks),
    },
    {
      provide: Outbox,
      inject: [Clock, EmailSeal, Mailer, OPTIONS],
      useFactory: (clock: Clock, seal: EmailSeal, mailer: Mailer | undefined, { limitNotices }: Options) =>
        new Outbox(clock, seal, mailer !== undefined, limitNotices),
    },
    {
      provide: Sending,
      inject: [Outbox, Clock, EmailSeal, EmailWording, Mailer, Database, Metrics],
      useFactory: (
        outbox: Outbox,
        clock: Clock,
        seal: EmailSeal,
        writer: EmailWording,
        mailer: Mailer | undefined,
        db: Database,
        metrics: Metrics,
      ) => {
        // On a separate connection, so that polling for emails takes none from requests.
        const beside = db.dedicatedConnection('tokenjar mail', undefined, () => undefined);
        const queries = beside && {
          run: <Values extends unknown[], Row>({ text }: Statement<Values, Row>, values: NoInfer<Values>) =>
            beside.run(statement<Values, Row>('', text), values),
        };
        const close = () => beside?.close() ?? Promise.resolve();
        const delivery = mailer && { db: queries ?? db, close, seal, writer, mailer };
        if (delivery) watchOutbox(delivery.db, clock, metrics);
        return new Sending(outbox, clock, delivery, metrics);
      },
    },
  ],
  exports: [Outbox, Sending],
})
export class MailModule {}
