import { Injectable } from '@nestjs/common';
import { Database, type Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import { isPermission } from '../../tokens/scope.js';
import { Blacklist } from '../blacklist/blacklist.js';
import type { FollowingRoles } from '../blacklist/following-roles.js';
import type { JudgedToken } from '../blacklist/blacklist-memory.js';

/** What an access token grants, and as of which changes. */
export interface Grant {
  roles: readonly string[];
  /** The permissions. */
  scopes: readonly string[];
  /** The epoch of the roles that it was made from; 0 if no role mattered. */
  rolesEpoch: number;
}

interface KnownRole {
  permissions: readonly string[];
  epoch: number;
}

const READ = statement<[], { name: string; permissions: string[]; epoch: number }>(
  'roles_read',
  'SELECT name, permissions, epoch FROM tokenjar.roles',
);

/**
 * All roles, in memory: signing an access token and checking one costs no query. The feed of the blacklist says when
 * they have changed, and so does every statement that reads a session.
 */
@Injectable()
export class Roles implements FollowingRoles {
  private byName = new Map<string, KnownRole>();
  private state = '';
  private epoch = 0;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    blacklist: Blacklist,
  ) {
    blacklist.followBy(this);
  }

  /** @param state as the feed says it is. */
  readIfChanged(state: string, queries: Pick<Queries, 'run'>): void | Promise<void> {
    if (state !== this.state) return this.read(queries);
  }

  /** Reads them again if they have changed since, as a row of a session says. */
  upTo(epoch: number): void | Promise<void> {
    if (epoch > this.epoch) return this.read(this.db);
  }

  /**
   * What a session grants now.
   *
   * @param scope the permissions that it was opened with; null for all that its user has. A role is all of its
   * permissions, so a session that asked for some has no roles.
   */
  grant(roles: readonly string[], scope: readonly string[] | null): Grant {
    if (roles.length === 0) return { roles: [], scopes: [], rolesEpoch: 0 };
    const all = this.permissionsOf(roles);
    return scope === null
      ? { roles, scopes: all, rolesEpoch: this.epoch }
      : { roles: [], scopes: all.filter((each) => scope.includes(each)), rolesEpoch: this.epoch };
  }

  /** In the order of the alphabet. */
  permissionsOf(roles: readonly string[]): string[] {
    return [...new Set(roles.flatMap((role) => this.byName.get(role)?.permissions ?? []))].sort();
  }

  /**
   * Whether an access token was signed before one of its roles changed. That of a session with a scope does not say
   * which roles it is from, so any change counts.
   */
  outdates({ roles, scopes, rolesEpoch }: JudgedToken): boolean {
    // Most tokens end here.
    if (rolesEpoch >= this.epoch) return false;
    if (roles.length === 0) return scopes.length > 0;
    return roles.some((role) => (this.byName.get(role)?.epoch ?? 0) > rolesEpoch);
  }

  /** One read at a time: of two, the older could win. Whoever comes during one needs another one. */
  private async read(queries: Pick<Queries, 'run'>): Promise<void> {
    while (this.reading) await this.reading.catch(() => undefined);
    this.reading = this.load(queries).finally(() => (this.reading = undefined));
    await this.reading;
  }

  private async load(queries: Pick<Queries, 'run'>): Promise<void> {
    const rows = await queries.run(READ, []);
    this.byName = new Map(
      rows.map(({ name, permissions, epoch }) => [
        name,
        // Whoever writes the table with SQL may write anything, and a space would make two of one.
        { permissions: permissions.filter(isPermission), epoch },
      ]),
    );
    this.epoch = rows.reduce((latest, { epoch }) => Math.max(latest, epoch), 0);
    this.state = `${rows.length} ${this.epoch}`;
  }
}
