// Records what a release sends to the database, for the test that the next one still understands it: the schema, every
// statement with the types of its parameters, and the columns of every entity. Run at each release, before its tag:
//   DATABASE_URL=postgres://… npm run record-release    (an empty database; pg_dump has to be in the path)
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import pg from 'pg';

// TypeScript itself, for the metadata of decorators.
await import('../test/runner/typescript.mjs');
register('./statement-recorder.mjs', import.meta.url);

const DIRECTORY = 'test/database/previous-release';
/** They start something when they are imported, or belong to a library's own schema. */
const LEFT_OUT = /(^|\/)(main|cli|[\w-]+\.worker)\.ts$|^django\//;

/** **Unit** characters. */
const LONGEST = 7000;

const { DATABASE_URL } = process.env;
if (!DATABASE_URL) throw new Error('DATABASE_URL has to be the address of an empty database');
execFileSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'migrate'], { stdio: 'inherit' });

const files = readdirSync('src', { recursive: true }).filter(
  (file) => file.endsWith('.ts') && !LEFT_OUT.test(file),
);
for (const file of files) await import(join(process.cwd(), 'src', file));
const { ENTITIES } = await import(join(process.cwd(), 'src/entities.ts'));
const { createDataSource } = await import(join(process.cwd(), 'src/database/data-source.ts'));

const client = new pg.Client({ connectionString: DATABASE_URL });
await client.connect();
const statements = [];
// Variants for many rows repeat the one for few.
const declared = globalThis.declaredStatements.filter((text) => text.length < LONGEST);
for (const text of new Set([...declared, ...(await statementsOfEntities())].sort())) {
  try {
    await client.query(`PREPARE recorded AS ${text}`);
  } catch (error) {
    console.error(`left out (${error.message}): ${text.slice(0, 100)}`);
    continue;
  }
  const { rows } = await client.query(
    `SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'recorded'`,
  );
  statements.push({ text, types: rows[0].types });
  await client.query('DEALLOCATE recorded');
}
await client.end();

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const dump = execFileSync('pg_dump', [
  ...['--schema=tokenjar', '--inserts', '--no-owner', '--no-privileges', '--no-comments'],
  DATABASE_URL,
]).toString();
// Commands for psql and comments are no SQL, or differ with the version of pg_dump.
const schema = dump
  .split('\n')
  .filter((line) => line !== '' && !/^(\\|--|SET |SELECT pg_catalog.set_config)/.test(line))
  .join('\n');
writeFileSync(join(DIRECTORY, 'schema.sql'), `${schema}\n`);
writeFileSync(join(DIRECTORY, 'statements.json'), `${JSON.stringify({ version, statements }, null, 1)}\n`);
console.log(`${statements.length} statements of ${version}`);
process.exit();

/** What TypeORM reads and writes: all columns of each entity. */
async function statementsOfEntities() {
  const source = createDataSource({ address: { url: DATABASE_URL }, poolSize: 1 }, ENTITIES);
  await source.initialize();
  const texts = source.entityMetadatas.flatMap(({ tablePath, columns }) => {
    const names = (list) => list.map(({ databaseName }) => `"${databaseName}"`).join(', ');
    const written = columns.filter(({ isGenerated, generatedType }) => !isGenerated && !generatedType);
    return [
      `SELECT ${names(columns)} FROM ${tablePath}`,
      `INSERT INTO ${tablePath} (${names(written)}) SELECT ${names(written)} FROM ${tablePath}`,
    ];
  });
  await source.destroy();
  return texts;
}
