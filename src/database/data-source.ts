import pg from 'pg';
import {
  DataSource,
  type DataSourceOptions,
  DefaultNamingStrategy,
  type MixedList,
  type Table,
} from 'typeorm';
import { AccountsAndSessions1763683200000 } from './migrations/1763683200000-accounts-and-sessions.js';
import { SessionsThatEnd1763942400000 } from './migrations/1763942400000-sessions-that-end.js';
import { Letters1764100000000 } from './migrations/1764100000000-letters.js';
import { LimitsAndAudit1764201600000 } from './migrations/1764201600000-limits-and-audit.js';
import { PendingRegistrations1764310000000 } from './migrations/1764310000000-pending-registrations.js';
import { OutboxShares1764320000000 } from './migrations/1764320000000-outbox-shares.js';
import { DeviceEpoch1764330000000 } from './migrations/1764330000000-device-epoch.js';
import { SafeUserIds1764360000000 } from './migrations/1764360000000-safe-user-ids.js';
import { CredentialsEpoch1764410000000 } from './migrations/1764410000000-credentials-epoch.js';
import { AuthenticationTime1764420000000 } from './migrations/1764420000000-authentication-time.js';
import { NamedOperators1764410001000 } from './migrations/1764410001000-named-operators.js';
import { PendingLogins1764420001000 } from './migrations/1764420001000-pending-logins.js';
import { Factors1764700000000 } from './migrations/1764700000000-factors.js';
import { LoginCodesByEmail1764800000000 } from './migrations/1764800000000-login-codes-by-email.js';
import { UnprovenFactors1764810000000 } from './migrations/1764810000000-unproven-factors.js';
import { PendingLoginChallenge1764840000000 } from './migrations/1764840000000-pending-login-challenge.js';
import { NamesOfIdentities1764900000000 } from './migrations/1764900000000-names-of-identities.js';
import { UsedNonces1764900001000 } from './migrations/1764900001000-used-nonces.js';
import { NoticesOfProviders1764900002000 } from './migrations/1764900002000-notices-of-providers.js';
import { ProviderCodes1764900003000 } from './migrations/1764900003000-provider-codes.js';
import { AttemptsInFlight1764730000000 } from './migrations/1764730000000-attempts-in-flight.js';
import { Passkeys1764710000000 } from './migrations/1764710000000-passkeys.js';
import { CountedEvents1764370001000 } from './migrations/1764370001000-counted-events.js';
import { LimitsAdded1764330000001 } from './migrations/1764330000001-limits-added.js';
import { AddressesInOneForm1764370000000 } from './migrations/1764370000000-addresses-in-one-form.js';
import { ReplacedSessions1764340000000 } from './migrations/1764340000000-replaced-sessions.js';
import { RememberedSessions1764720000000 } from './migrations/1764720000000-remembered-sessions.js';
import { LoginCodes1764720001000 } from './migrations/1764720001000-login-codes.js';
import { IdentitiesWithoutAddresses1764830001000 } from './migrations/1764830001000-identities-without-addresses.js';
import { Identities1764830000000 } from './migrations/1764830000000-identities.js';
import { Impersonation1765010002000 } from './migrations/1765010002000-impersonation.js';
import { SearchForEvents1765010001000 } from './migrations/1765010001000-search-for-events.js';
import { SearchForUsers1765010000000 } from './migrations/1765010000000-search-for-users.js';
import { Roles1764930000000 } from './migrations/1764930000000-roles.js';
import { Invitations1765020000000 } from './migrations/1765020000000-invitations.js';
import { AuditChain1765030000000 } from './migrations/1765030000000-audit-chain.js';
import { ApiKeys1765000000000 } from './migrations/1765000000000-api-keys.js';
import { ResetsOfOneFactor1765100000000 } from './migrations/1765100000000-resets-of-one-factor.js';
import { Webhooks1765030001000 } from './migrations/1765030001000-webhooks.js';
import { ImportedHashes1765110000000 } from './migrations/1765110000000-imported-hashes.js';
import { Django1765120000000 } from './migrations/1765120000000-django.js';
import { Usernames1765130000000 } from './migrations/1765130000000-usernames.js';
import { KeysTakeTurns1765200000000 } from './migrations/1765200000000-keys-take-turns.js';
import { Profiles1765210000000 } from './migrations/1765210000000-profiles.js';
import { DeviceBoundSessions1765220000000 } from './migrations/1765220000000-device-bound-sessions.js';
import { BlacklistInOrder1765230000000 } from './migrations/1765230000000-blacklist-in-order.js';
import { PendingUsernames1765130001000 } from './migrations/1765130001000-pending-usernames.js';
import { ImportedUsers1765140000000 } from './migrations/1765140000000-imported-users.js';
import { PublicIds1765150000000 } from './migrations/1765150000000-public-ids.js';
import { parseDatabaseUrl } from '../config/database-url.js';
import { type PostgresConfig, postgresConfig, TYPES } from './client-config.js';
import { snakeCase } from './columns.js';
import type { EmbeddedDatabase } from './embedded.js';
import { TimedClient } from './timed-client.js';
import { SCHEMA } from './schema.js';

/** The address of PostgreSQL, and the size of the pool. */
export interface Connection {
  /** A `postgres://` address, or the directory of a Unix socket. */
  address: { url: string } | { host: string; port: number };
  poolSize: number;
}

/** **Unit** milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;

/** In the order of their times, in which TypeORM runs them. */
const MIGRATIONS = [
  AccountsAndSessions1763683200000,
  SessionsThatEnd1763942400000,
  Letters1764100000000,
  LimitsAndAudit1764201600000,
  PendingRegistrations1764310000000,
  OutboxShares1764320000000,
  DeviceEpoch1764330000000,
  LimitsAdded1764330000001,
  ReplacedSessions1764340000000,
  SafeUserIds1764360000000,
  AddressesInOneForm1764370000000,
  CountedEvents1764370001000,
  CredentialsEpoch1764410000000,
  NamedOperators1764410001000,
  AuthenticationTime1764420000000,
  PendingLogins1764420001000,
  Factors1764700000000,
  Passkeys1764710000000,
  RememberedSessions1764720000000,
  LoginCodes1764720001000,
  AttemptsInFlight1764730000000,
  LoginCodesByEmail1764800000000,
  UnprovenFactors1764810000000,
  Identities1764830000000,
  IdentitiesWithoutAddresses1764830001000,
  PendingLoginChallenge1764840000000,
  NamesOfIdentities1764900000000,
  UsedNonces1764900001000,
  NoticesOfProviders1764900002000,
  ProviderCodes1764900003000,
  Roles1764930000000,
  ApiKeys1765000000000,
  SearchForUsers1765010000000,
  SearchForEvents1765010001000,
  Impersonation1765010002000,
  Invitations1765020000000,
  AuditChain1765030000000,
  Webhooks1765030001000,
  ResetsOfOneFactor1765100000000,
  ImportedHashes1765110000000,
  Django1765120000000,
  Usernames1765130000000,
  PendingUsernames1765130001000,
  ImportedUsers1765140000000,
  PublicIds1765150000000,
  KeysTakeTurns1765200000000,
  Profiles1765210000000,
  DeviceBoundSessions1765220000000,
  BlacklistInOrder1765230000000,
];

/** The name of our data source: the default one belongs to the host, if it uses TypeORM itself. */
export const DATA_SOURCE = 'tokenjar';

/** The data source of TypeORM. `entities` come from the slices, which are above this floor. */
export const createDataSource = (connection: Connection, entities: MixedList<new () => object>): DataSource =>
  new DataSource(optionsOf(connection, entities));

/** The embedded database stops when its data source is destroyed. */
export class EmbeddedDataSource extends DataSource {
  constructor(
    private readonly embedded: EmbeddedDatabase,
    entities: MixedList<new () => object>,
  ) {
    const { host, port } = embedded;
    // It runs one statement at a time; a second connection would only queue inside it.
    super(optionsOf({ address: { host, port }, poolSize: 1 }, entities));
  }

  override async destroy(): Promise<void> {
    await super.destroy();
    await this.embedded.stop();
  }
}

function optionsOf(
  { address, poolSize }: Connection,
  entities: MixedList<new () => object>,
): DataSourceOptions {
  return {
    type: 'postgres',
    // TypeORM would load a second copy of it beside that of a bundle.
    driver: pg,
    ...('url' in address ? namesIn(address.url) : { ...address, username: 'postgres', database: 'postgres' }),
    schema: SCHEMA,
    entities,
    migrations: MIGRATIONS,
    migrationsTableName: 'migrations',
    namingStrategy: new PostgresNames(),
    installExtensions: false,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'tokenjar',
    extra:
      'url' in address
        ? {
            ...postgresConfig(address.url, {
              applicationName: 'tokenjar',
              connectTimeout: CONNECT_TIMEOUT_MS,
            }),
            Client: TimedClient,
          }
        : { keepAlive: true, types: TYPES },
  };
}

/** Further options of TypeORM. */
function namesIn(url: string): { username?: string; database?: string } {
  const { user, database } = parseDatabaseUrl(url);
  return { ...(user !== undefined && { username: user }), ...(database !== undefined && { database }) };
}

/** The configuration of a connection outside the pool, for pg. */
export const connectionBeside = (url: string, applicationName: string): PostgresConfig =>
  postgresConfig(url, { applicationName, connectTimeout: 2000 });

/** Names as PostgreSQL itself would choose them: snake_case, `users_pkey`, `sessions_user_id_idx`. */
class PostgresNames extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return snakeCase(`${relationName}_${referencedColumnName}`);
  }

  override primaryKeyName(table: Table | string): string {
    return `${bare(table)}_pkey`;
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return `${bare(table)}_${columns.join('_')}_key`;
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return `${bare(table)}_${columns.join('_')}_fkey`;
  }

  override indexName(table: Table | string, columns: string[]): string {
    return `${bare(table)}_${columns.join('_')}_idx`;
  }
}

const bare = (table: Table | string): string =>
  (typeof table === 'string' ? table : table.name).replace(/^.*\./, '');
