import { openDataSource } from '../database/open.js';
import { ENTITIES } from '../entities.js';
import { operatorSettings } from './settings.js';

/** Updates the schema, whatever `MIGRATE` says. It needs the data source and no module. */
export async function migrate(): Promise<string> {
  const dataSource = await openDataSource({ ...operatorSettings(), migrate: 'auto' }, ENTITIES);
  await dataSource.destroy();
  return 'The database schema is up to date.';
}
