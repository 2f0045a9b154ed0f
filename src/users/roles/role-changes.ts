import { Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../../audit/audit.js';
import { Clock } from '../../clock.js';
import { Database, type Queries } from '../../database/database.js';
import { statement } from '../../database/statement.js';
import { isUnavailable } from '../../database/unavailable.js';
import type { Caller } from '../../http/caller.js';
import { isPermission, permissionsIn } from '../../tokens/scope.js';
import { Blacklist } from '../blacklist/blacklist.js';
import { Role } from './role.entity.js';

/** **Unit** characters. */
const LONGEST_NAME = 100;

/**
 * What the roles of a user and their permissions may take of an access token, which has to fit in a request. Otherwise
 * one change would lock out everybody who has the role, whoever made it among them. **Unit** bytes.
 */
const MOST_BYTES = 4000;
/** SQL for what a role takes of a token. */
const sizeOf = (name: string, permissions: string): string =>
  `octet_length(${name}) + octet_length(array_to_string(${permissions}, ' ')) + 4`;

/** Why a change of a role, or of the roles of a user, is not made. */
export type RoleProblem =
  | { problem: 'name_invalid' | 'role_unknown'; name: string }
  | { problem: 'permission_invalid'; permission: string }
  | { problem: 'role_held'; holders: number }
  | { problem: 'permissions_too_many' };

const SET = statement<
  [name: string, permissions: readonly string[], description: string | null, now: Date, ...by: OrderedBy]
>(
  'role_set',
  `WITH changed AS (
      INSERT INTO tokenjar.roles AS r (name, permissions, description) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO UPDATE SET permissions = $2, description = coalesce($3, r.description)
      WHERE r.permissions <> $2 OR $3 IS DISTINCT FROM r.description AND $3 IS NOT NULL
      RETURNING name
    )
    ${recorded({ at: '$4', event: 'role_changed', reason: 'name', by: 5, actor: '$8::text' }, 'changed')}`,
);
const DELETE = statement<[name: string, now: Date, ...by: OrderedBy], { name: string }>(
  'role_delete',
  `WITH deleted AS (DELETE FROM tokenjar.roles WHERE name = $1 RETURNING name), audited AS (
      ${recorded({ at: '$2', event: 'role_deleted', reason: 'name', by: 3, actor: '$6::text' }, 'deleted')}
    )
    SELECT name FROM deleted`,
);
const LOCK_ROLE = statement<[name: string], { holders: number }>(
  'role_lock',
  `WITH held AS (SELECT FROM tokenjar.users WHERE roles <> '{}' AND roles @> ARRAY[$1::text])
    SELECT (SELECT count(*)::int FROM held) AS holders FROM tokenjar.roles WHERE name = $1 FOR UPDATE`,
);
/** Those that exist, and stay while they are given to somebody. */
const EXISTING = statement<[names: readonly string[]], { name: string; size: number }>(
  'roles_existing',
  `SELECT name, ${sizeOf('name', 'permissions')} AS size FROM tokenjar.roles
    WHERE name = ANY ($1::text[]) ORDER BY name FOR SHARE`,
);
/** Whether somebody who has a role would get too much with it. Less than before is never too much. */
const OVERFLOWS = statement<[name: string, permissions: readonly string[]], { overflows: boolean }>(
  'role_overflows',
  `WITH anew AS (SELECT ${sizeOf('$1::text', '$2::text[]')} AS size), held AS (
      SELECT ARRAY[$1::text] AS roles
      UNION SELECT roles FROM tokenjar.users WHERE roles <> '{}' AND roles @> ARRAY[$1::text]
    )
    SELECT true AS overflows FROM held, anew
    WHERE anew.size + coalesce((SELECT sum(${sizeOf('r.name', 'r.permissions')}) FROM tokenjar.roles r
        WHERE r.name = ANY (held.roles) AND r.name <> $1), 0) > ${MOST_BYTES}
      AND anew.size > coalesce((SELECT ${sizeOf('r.name', 'r.permissions')} FROM tokenjar.roles r WHERE r.name = $1), 0)
    LIMIT 1`,
);
const ASSIGN = statement<
  [userId: number, roles: readonly string[], now: Date, ...by: OrderedBy],
  { id: number }
>(
  'user_set_roles',
  `WITH changed AS (
      UPDATE tokenjar.users SET roles = $2 WHERE id = $1 AND roles <> $2 RETURNING id
    ), audited AS (
      ${recorded(
        {
          at: '$3',
          event: 'roles_changed',
          reason: `array_to_string($2::text[], ' ')`,
          userId: 'id',
          by: 4,
          actor: '$7::text',
        },
        'changed',
      )}
    )
    SELECT id FROM changed`,
);

/** Adds those that still exist to the ones that the user has, if all of them fit in a token. */
const GRANT = statement<[userId: number, roles: readonly string[], now: Date, ...by: OrderedBy]>(
  'user_grant_roles',
  `WITH wanted AS (
      SELECT ARRAY(
        SELECT unnest(u.roles) UNION SELECT unnest($2::text[]) ORDER BY 1
      ) AS roles FROM tokenjar.users u WHERE id = $1
    ), changed AS (
      UPDATE tokenjar.users u SET roles = wanted.roles FROM wanted
      WHERE u.id = $1 AND u.roles <> wanted.roles AND ${MOST_BYTES} >= coalesce(
        (SELECT sum(${sizeOf('r.name', 'r.permissions')}) FROM tokenjar.roles r WHERE r.name = ANY (wanted.roles)), 0)
      RETURNING u.id, u.roles
    )
    ${recorded(
      {
        at: '$3',
        event: 'roles_changed',
        reason: `array_to_string(roles, ' ')`,
        userId: 'id',
        by: 4,
        actor: '$7::text',
      },
      'changed',
    )}`,
);

/**
 * Changes roles, and who has them. Every instance follows within a moment: access tokens from before are refused with
 * `token_outdated`, and a refresh gives one that is not.
 */
@Injectable()
export class RoleChanges {
  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly clock: Clock,
  ) {}

  list(): Promise<Role[]> {
    return this.db.repository(Role).find({ order: { name: 'ASC' } });
  }

  /** Makes a role, or replaces its permissions. @param description undefined to keep the one that it has. @param within see {@link assign}. */
  async set(
    {
      name,
      permissions,
      description,
    }: { name: string; permissions: readonly string[]; description?: string },
    by?: Caller,
    within?: Queries,
  ): Promise<RoleProblem | undefined> {
    if (!isRoleName(name)) return { problem: 'name_invalid', name };
    const wrong = permissions.find((each) => !isPermission(each));
    if (wrong !== undefined) return { problem: 'permission_invalid', permission: wrong };
    const sorted = permissionsIn(permissions.join(' '));
    return this.change(async (tx) => {
      if ((await tx.run(OVERFLOWS, [name, sorted])).length > 0) return { problem: 'permissions_too_many' };
      await tx.run(SET, [name, sorted, description ?? null, this.clock.now(), ...orderedBy(by)]);
      return undefined;
    }, within);
  }

  /** Deletes a role that nobody has: what users lose should be decided for each of them. */
  delete(name: string, by?: Caller, within?: Queries): Promise<RoleProblem | undefined> {
    return this.change(async (tx) => {
      // Whoever is giving it to somebody now is waited for, and then counts.
      const [found] = await tx.run(LOCK_ROLE, [name]);
      if (!found) return { problem: 'role_unknown', name };
      const [again] = await tx.run(LOCK_ROLE, [name]);
      if (again && again.holders > 0) return { problem: 'role_held', holders: again.holders };
      await tx.run(DELETE, [name, this.clock.now(), ...orderedBy(by)]);
      return undefined;
    }, within);
  }

  /**
   * Replaces the roles of a user by existing ones.
   *
   * @param within a transaction that the change is part of; by default it has one of its own.
   */
  assign(
    userId: number,
    roles: readonly string[],
    by?: Caller,
    within?: Queries,
  ): Promise<RoleProblem | undefined> {
    const sorted = [...new Set(roles)].sort();
    return this.change(async (tx) => {
      const problem = await this.problemOf(sorted, tx);
      if (problem) return problem;
      await tx.run(ASSIGN, [userId, sorted, this.clock.now(), ...orderedBy(by)]);
      return undefined;
    }, within);
  }

  /** Why nobody can have these roles. */
  async problemOf(roles: readonly string[], queries: Queries = this.db): Promise<RoleProblem | undefined> {
    const existing = await queries.run(EXISTING, [roles]);
    const unknown = roles.find((role) => !existing.some(({ name }) => name === role));
    if (unknown !== undefined) return { problem: 'role_unknown', name: unknown };
    if (existing.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES)
      return { problem: 'permissions_too_many' };
    return undefined;
  }

  /**
   * Adds roles to those of a user, in a transaction of the caller. Those that do not exist any more are left out, and
   * all if they would not fit in an access token together with those that the user has.
   */
  async grant(userId: number, roles: readonly string[], tx: Queries, by?: Caller): Promise<void> {
    if (roles.length === 0) return;
    const existing = (await tx.run(EXISTING, [roles])).map(({ name }) => name);
    this.followAfter(tx);
    await tx.run(GRANT, [userId, existing, this.clock.now(), ...orderedBy(by)]);
  }

  private followAfter(tx: Queries): void {
    tx.afterCommit(
      () => this.blacklist.markStale(),
      () => this.blacklist.markStale(),
    );
  }

  /** Triggers write what other instances have to know. This one looks for it before it accepts another token. */
  private async change<Result>(act: (tx: Queries) => Promise<Result>, within?: Queries): Promise<Result> {
    const marked = (tx: Queries): Promise<Result> => {
      this.followAfter(tx);
      return act(tx);
    };
    try {
      return await (within ? marked(within) : this.db.transaction(marked));
    } catch (error) {
      // It may have succeeded, with the response lost.
      if (isUnavailable(error)) this.blacklist.markStale();
      throw error;
    }
  }
}

/**
 * Anything that people can read and a command line can name. No two that look the same: a name is normalised, and has
 * nothing that is not shown, nor any space but single ones within. **Source** UTS #39 §3, RFC 8264 §4.3.
 */
const isRoleName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= LONGEST_NAME &&
  name.normalize('NFC') === name &&
  /^(?! )(?!.*(?: {2}| $))[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(name) &&
  // The blank of Braille is a symbol.
  !/[\p{Default_Ignorable_Code_Point}\u2800]/u.test(name);
