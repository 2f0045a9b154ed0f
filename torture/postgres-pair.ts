import { pause } from './http.js';
import { freePort, Postgres } from './postgres.js';

/**
 * A PostgreSQL server and its hot standby, which takes over when the server is killed; without the standby where
 * {@link Postgres.canBeFollowed} says that none can be made.
 */
export class PostgresPair {
  private constructor(
    private current: Postgres,
    private standby: Postgres | undefined,
  ) {}

  static async create(): Promise<PostgresPair> {
    const primary = await Postgres.create();
    try {
      const standby = Postgres.canBeFollowed && (await Postgres.standbyOf(primary, await freePort()));
      return new PostgresPair(primary, standby || undefined);
    } catch (error) {
      await primary.remove();
      throw error;
    }
  }

  get hasStandby(): boolean {
    return this.standby !== undefined;
  }

  private get follower(): Postgres {
    if (!this.standby) throw new Error('pg_basebackup is not installed');
    return this.standby;
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
    const all = this.standby ? [this.current, this.standby] : [this.current];
    return all.map(({ port }) => port).sort((a, b) => a - b);
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
    await this.follower.query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await this.follower.query('SELECT pg_reload_conf()');
    await this.until('SELECT 1 FROM pg_stat_replication HAVING count(*) = 0');
  }

  /** Kills the server and promotes its standby. @returns how long that took. **Unit** milliseconds. */
  async failOver(): Promise<number> {
    const killedAt = performance.now();
    await this.current.kill();
    await this.follower.query('SELECT pg_promote()');
    const took = performance.now() - killedAt;
    [this.current, this.standby] = [this.follower, this.current];
    return took;
  }

  /** Makes the killed server the standby, from a copy of the new one. */
  async rebuild(): Promise<void> {
    const { port } = this.follower;
    await this.follower.remove();
    this.standby = await Postgres.standbyOf(this.current, port);
    await this.until(`SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'`);
  }

  async remove(): Promise<void> {
    await this.standby?.remove();
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
