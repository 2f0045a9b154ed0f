#!/usr/bin/env node
import 'reflect-metadata';
import { readDatabaseEnvironment } from './config/env.js';
import { openDatabase } from './database/open.js';
import { ENTITIES } from './entities.js';
import { explainFailure } from './failure.js';

/** What an operator can do beside running the server: name → what it says it did. */
const COMMANDS: Readonly<Record<string, () => Promise<string>>> = {
  async migrate() {
    const database = await openDatabase({ ...readDatabaseEnvironment(), migrate: 'auto' }, ENTITIES);
    await database.onApplicationShutdown();
    return 'The database schema is up to date.';
  },
};

async function run(name: string | undefined): Promise<void> {
  const command = name === undefined ? undefined : COMMANDS[name];
  if (!command) {
    console.error(`usage: tokenjar ${Object.keys(COMMANDS).join(' | ')}`);
    process.exit(2);
  }
  console.log(await command());
}

run(process.argv[2]).catch((error: unknown) => {
  for (const line of explainFailure(error) ?? [error]) console.error(line);
  process.exit(1);
});
