import { Module } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import { LetterSeal } from './letter-seal.js';
import { LetterWriter } from './letter-writer.js';
import { mailerFor } from './mailer.js';
import { Outbox } from './outbox.js';
import { readOwnLetters } from './own-letters.js';
import { Sending } from './sending.js';

/** Letters: where they wait, and how they leave. */
@Module({
  providers: [
    {
      provide: LetterSeal,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        new LetterSeal(secretKey, secretKeyFallbacks),
    },
    {
      provide: LetterWriter,
      inject: [OPTIONS, Database],
      useFactory: async ({ siteName, lettersDir }: Options, db: Database) => {
        try {
          return new LetterWriter(
            siteName,
            lettersDir === undefined ? undefined : await readOwnLetters(lettersDir),
          );
        } catch (error) {
          // An app that fails while it is put together is never closed, and its database would stay in use.
          await db.onApplicationShutdown();
          throw error;
        }
      },
    },
    {
      provide: Outbox,
      inject: [Clock, LetterSeal, OPTIONS],
      useFactory: (clock: Clock, seal: LetterSeal, options: Options) =>
        new Outbox(clock, seal, mailerFor(options) !== undefined, options.limitNotices),
    },
    {
      provide: Sending,
      inject: [Outbox, Clock, LetterSeal, LetterWriter, OPTIONS, Database],
      useFactory: (
        outbox: Outbox,
        clock: Clock,
        seal: LetterSeal,
        writer: LetterWriter,
        options: Options,
        db: Database,
      ) => {
        const mailer = mailerFor(options);
        // Beside the pool, so that looking for letters takes no connection from requests.
        const beside = db.besidePool('tokenjar mail', undefined, () => undefined);
        const queries = beside && {
          run: <Row>({ text }: Statement, values: unknown[]) => beside.run<Row>({ name: '', text }, values),
        };
        const close = () => beside?.close() ?? Promise.resolve();
        return new Sending(outbox, clock, mailer && { db: queries ?? db, close, seal, writer, mailer });
      },
    },
  ],
  exports: [Outbox, Sending],
})
export class MailModule {}
