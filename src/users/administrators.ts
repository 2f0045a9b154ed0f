import { Injectable } from '@nestjs/common';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { Caller } from '../http/caller.js';
import type { User } from './user.entity.js';
import { UserIds } from './user-ids.js';

/** One at a time: of two administrators who remove each other, the second one is none any more. */
const LOCK = statement(
  'administrators_lock',
  `SELECT pg_advisory_xact_lock(hashtext('tokenjar.administrators'))`,
);
const FIND = statement<[id: number], Pick<User, 'id' | 'publicId' | 'email' | 'username'>>(
  'administrator_find',
  `SELECT id, public_id AS "publicId", email, username FROM tokenjar.users WHERE id = $1 AND is_active AND roles <> '{}' AND roles @> ARRAY['${ADMIN_ROLE}']`,
);

/**
 * Administrators, at the time of what they change: the guard has read the access token, and the role may have been
 * taken since. Also names them for the audit trail.
 */
@Injectable()
export class Administrators {
  constructor(
    private readonly db: Database,
    private readonly ids: UserIds,
  ) {}

  /**
   * Makes a change, after those of other administrators.
   *
   * @param work takes the caller with the name of the administrator, for the audit trail.
   * **Errors** `insufficient_scope` if the role is gone.
   */
  act<Result>(
    me: { userId: number },
    caller: Caller,
    work: (tx: Queries, by: Caller) => Promise<Result>,
  ): Promise<Result> {
    return this.db.transaction(async (tx) => {
      await tx.run(LOCK, []);
      return work(tx, await this.named(me, caller, tx));
    });
  }

  /** The caller with the name of the administrator. **Errors** `insufficient_scope` if the role is gone. */
  async named({ userId }: { userId: number }, caller: Caller, queries: Queries = this.db): Promise<Caller> {
    const [found] = await queries.run(FIND, [userId]);
    if (!found) throw new TokenjarError('insufficient_scope');
    return { ...caller, actor: `${this.ids.nameOf(found)} (user ${this.ids.shown(found)})` };
  }
}
