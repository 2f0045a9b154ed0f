import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Instance } from './instance.js';
import { freePort, Postgres } from './postgres.js';
import { settingsFor, type Times } from './scale.js';

/** Several instances of the server on one database. */
export class World {
  private constructor(
    readonly postgres: Postgres,
    readonly instances: readonly Instance[],
  ) {}

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
    const postgres = await Postgres.create();
    const common = {
      DATABASE_URL: postgres.url,
      SECRET_KEY: randomBytes(48).toString('base64'),
      RATE_LIMIT: 'off',
      DOCS: 'off',
      ...settingsFor(times),
      ...settings,
    };
    const instances = [];
    for (let i = 0; i < instanceCount; i++) instances.push(new Instance(directory, await freePort(), common));
    const world = new World(postgres, instances);
    try {
      await Promise.all(instances.map((instance) => instance.start()));
    } catch (error) {
      await world.remove();
      throw error;
    }
    return world;
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
    await this.postgres.remove();
  }
}
