import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseLine } from './database-line.js';
import { Instance } from './instance.js';
import { freePort, type Postgres } from './postgres.js';
import { PostgresPair } from './postgres-pair.js';
import { settingsFor, type Times } from './scale.js';

/** Several instances of the server on one database, which has a standby; each reaches it over a line of its own. */
export class World {
  private constructor(
    private readonly pair: PostgresPair,
    readonly instances: readonly Instance[],
    readonly lines: readonly DatabaseLine[],
  ) {}

  /** The server that accepts writes. */
  get postgres(): Postgres {
    return this.pair.primary;
  }

  /** @param directory of the project whose build is run; `settings` override others. */
  static async create(
    directory: string,
    instanceCount: number,
    times: Times,
    settings: Record<string, string>,
  ): Promise<World> {
    execFileSync(process.execPath, [join('scripts', 'build-if-needed.mjs')], {
      cwd: directory,
      stdio: 'pipe',
    });
    const pair = await PostgresPair.create();
    if (pair.hasStandby) await pair.replicateSynchronously();
    const common = {
      SECRET_KEY: randomBytes(48).toString('base64'),
      RATE_LIMIT: 'off',
      DOCS: 'off',
      ...settingsFor(times),
      ...settings,
    };
    const instances = [];
    const lines = [];
    for (let i = 0; i < instanceCount; i++) {
      const line = await DatabaseLine.to(pair.ports);
      lines.push(line);
      instances.push(new Instance(directory, await freePort(), { DATABASE_URL: line.url, ...common }));
    }
    const world = new World(pair, instances, lines);
    try {
      await Promise.all(instances.map((instance) => instance.start()));
    } catch (error) {
      await world.remove();
      throw error;
    }
    return world;
  }

  get hasStandby(): boolean {
    return this.pair.hasStandby;
  }

  /** Kills the database and promotes its standby, which has every commit; then it gets a standby again. */
  async failOver(): Promise<void> {
    await this.pair.failOver();
    await this.pair.rebuild();
    await this.pair.replicateSynchronously();
  }

  /** Rows of every table. */
  async countRows(): Promise<Record<string, number>> {
    const tables = await this.postgres.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'tokenjar' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of tables) {
      const [row] = await this.postgres.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM tokenjar.${name}`,
      );
      counts[name] = row?.count ?? 0;
    }
    return counts;
  }

  async remove(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.kill()));
    for (const line of this.lines) await line.close();
    await this.pair.remove();
  }
}
