import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { OPTIONS } from '../config/options.js';
import { Metrics } from '../measures.js';
import { DATA_SOURCE } from './data-source.js';
import { DatabaseClock } from './database-clock.js';
import { Database } from './database.js';
import { type DatabaseSettings, openDataSource } from './open.js';
import { watchPool } from './pool.js';

/** TypeORM's module hands the factory of a data source its options and nothing else. */
interface Handed extends Pick<TypeOrmModuleOptions, 'toRetry'> {
  settings: DatabaseSettings;
}

/**
 * The database: TypeORM's data source under the name {@link DATA_SOURCE}, what runs statements on its pool, and its time.
 *
 * A slice that wants a repository imports `TypeOrmModule.forFeature([User], DATA_SOURCE)`.
 */
@Module({})
export class DatabaseModule {
  /** @param entities of the slices, which stand above this floor. */
  static forRoot(entities: (new () => object)[]): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          name: DATA_SOURCE,
          inject: [OPTIONS],
          // A wrong address is reported at once, and the operator decides whether to retry.
          useFactory: (settings: DatabaseSettings): Handed => ({ settings, toRetry: () => false }),
          dataSourceFactory: (handed) => openDataSource((handed as unknown as Handed).settings, entities),
        }),
      ],
      providers: [
        {
          provide: Database,
          inject: [getDataSourceToken(DATA_SOURCE), OPTIONS, Metrics],
          useFactory: (dataSource: DataSource, { databaseUrl }: DatabaseSettings, metrics: Metrics) => {
            watchPool(dataSource, metrics);
            return new Database(dataSource, databaseUrl);
          },
        },
        DatabaseClock,
      ],
      exports: [Database, DatabaseClock],
    };
  }
}
