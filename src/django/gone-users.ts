import type { Database } from '../database/database.js';
import { type Receiver } from '../transfer/receiver.js';
import { type Remark, remarkOf } from '../transfer/remarks.js';
import { LOCK_USERS } from '../transfer/account-statements.js';
import * as sql from './import-statements.js';
import type { SiteSchema } from './site-schema.js';
import { keysAmong } from './site-users.js';
import type { SiteReader } from './source.js';

/** Users who were imported and are not at the site any more. Nobody knows why: they may have been deleted there, or moved. */
export class GoneUsers {
  constructor(
    private readonly db: Database,
    private readonly receiver: Pick<Receiver, 'ending' | 'operator'>,
    /** Whether those who have not changed here are deactivated. */
    private readonly deactivates: boolean,
  ) {}

  /**
   * Reports those who are active here, in pages.
   *
   * @returns how many there are, and how many of them were deactivated.
   */
  async run(
    source: SiteReader,
    schema: SiteSchema,
    say: (remark: Remark) => void,
    demand: () => Promise<void>,
  ): Promise<{ gone: number; deactivated: number }> {
    const counts = { gone: 0, deactivated: 0 };
    for (let after = ''; ;) {
      const page = await this.db.run(sql.IMPORTED_PAGE, [after, PAGE]);
      const there = await keysAmong(
        source,
        schema,
        page.map(({ key }) => key),
      );
      for (const user of page.filter(({ key, isActive }) => isActive && !there.has(key))) {
        await demand();
        const isDeactivated = this.deactivates && (await this.deactivate(user));
        counts.gone++;
        if (isDeactivated) counts.deactivated++;
        say(remarkOf(user, isDeactivated ? 'gone_deactivated' : 'gone_there'));
      }
      if (page.length < PAGE) return counts;
      after = page.at(-1)?.key ?? after;
    }
  }

  /** Whoever has changed here since is in use here, and stays. */
  private deactivate({ key, userId }: sql.ImportedPageRow): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      await tx.run(LOCK_USERS, [[userId]]);
      const [row] = await tx.run(sql.FIND_IMPORTED, [[key]]);
      if (row?.isUnchanged !== true) return false;
      const { ending, operator } = this.receiver;
      if (!(await ending.deactivateUser(userId, operator, tx))) return false;
      await tx.run(sql.NOTE_GONE, [key]);
      return true;
    });
  }
}

/** **Unit** users. */
const PAGE = 2000;
