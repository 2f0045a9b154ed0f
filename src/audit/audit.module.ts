import { Module } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { SECRET_KEY } from '../config/injection-tokens.js';
import { Database } from '../database/database.js';
import { type Statement, statement } from '../database/statement.js';
import { Audit } from './audit.js';
import { AuditChain, EVENT_QUERIES, type EventQueries } from './audit-chain.js';
import { AuditPurge } from './audit-purge.js';
import { AuditSearch } from './audit-search.js';
import { ChainKeys } from './chain-hash.js';
import { RefusalRecords } from './refusal-records.js';

/** The audit trail. */
@Module({
  providers: [
    Audit,
    AuditChain,
    AuditPurge,
    AuditSearch,
    RefusalRecords,
    {
      provide: ChainKeys,
      inject: [SECRET_KEY, OPTIONS],
      useFactory: (secretKey: string, { secretKeyFallbacks }: Options) =>
        new ChainKeys([secretKey, ...secretKeyFallbacks]),
    },
    {
      provide: EVENT_QUERIES,
      inject: [Database],
      useFactory: (db: Database): EventQueries => {
        // On a separate connection, so that following the trail takes none from requests.
        const beside = db.dedicatedConnection('tokenjar events', undefined, () => undefined);
        return {
          // Without a name: a pooler in transaction mode gives each statement another connection.
          run: <Values extends unknown[], Row>(each: Statement<Values, Row>, values: NoInfer<Values>) =>
            beside ? beside.run(statement<Values, Row>('', each.text), values) : db.run(each, values),
          close: () => beside?.close() ?? Promise.resolve(),
        };
      },
    },
  ],
  exports: [Audit, AuditSearch, AuditChain, EVENT_QUERIES],
})
export class AuditModule {}
