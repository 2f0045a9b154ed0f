import { pause } from './http.js';
import { freePort, Postgres } from './postgres.js';

/** A PostgreSQL server and its hot standby, which takes over when the server is killed. */
export class PostgresPair {
  private constructor(
    private current: Postgres,
    private standby: Postgres,
  ) {}

  static async create(): Promise<PostgresPair> {
    const primary = await Postgres.create();
    const pair = new PostgresPair(primary, await Postgres.standbyOf(primary, await freePort()));
    return pair;
  }

  /** The one that accepts writes. */
  get primary(): Postgres {
    return this.current;
  }

  /** Names both servers, whichever accepts writes. */
  get url(): string {
    const hosts = this.ports.map((port) => `127.0.0.1:${port}`);
    return `postgres://postgres@${hosts.join(',')}/postgres?target_session_attrs=read-write`;
  }

  /** Of both servers, always in the same order. */
  get ports(): number[] {
    return [this.current, this.standby].map(({ port }) => port).sort((a, b) => a - b);
  }

  /** Lets no commit return before the standby has it. */
  async replicateSynchronously(): Promise<void> {
    await this.current.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await this.current.query('SELECT pg_reload_conf()');
    await this.until(`SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`);
  }

  /**
   * From now on, what is committed will be lost in a failover: the standby receives nothing more. @see failOver
   */
  async cutReplication(): Promise<void> {
    await this.standby.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await this.standby.query('SELECT pg_reload_conf()');
    await this.until('SELECT 1 FROM pg_stat_replication HAVING count(*) = 0');
  }

  /** Kills the server and promotes its standby. @returns how long that took. **Unit** milliseconds. */
  async failOver(): Promise<number> {
    const killedAt = performance.now();
    await this.current.kill();
    await this.standby.query('SELECT pg_promote()');
    const took = performance.now() - killedAt;
    [this.current, this.standby] = [this.standby, this.current];
    return took;
  }

  /** Makes the killed server the standby, from a copy of the new one. */
  async rebuild(): Promise<void> {
    const { port } = this.standby;
    await this.standby.remove();
    this.standby = await Postgres.standbyOf(this.current, port);
    await this.until(`SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'`);
  }

  async remove(): Promise<void> {
    await this.standby.remove();
    await this.current.remove();
  }

  /** Waits until the primary returns a row. */
  private async until(query: string): Promise<void> {
    for (let tries = 0; (await this.current.query(query)).length === 0; tries++) {
      if (tries === 300) throw new Error(`it was never so: ${query}`);
      await pause(50);
    }
  }
}
