// For the TypeORM command line: npm run typeorm -- migration:generate src/database/migrations/purpose
import 'reflect-metadata';
import { createDataSource } from './src/database/data-source.js';
import { readOperatorEnvironment } from './src/config/env.js';
import { ENTITIES } from './src/entities.js';

const { databaseUrl, databasePoolSize } = readOperatorEnvironment();
if (!databaseUrl) throw new Error('DATABASE_URL: the TypeORM command line needs a PostgreSQL');

export default createDataSource({ address: { url: databaseUrl }, poolSize: databasePoolSize }, ENTITIES);
