import { orderedBy } from '../audit/audit.js';
import type { Database } from '../database/database.js';
import { RAISE_IDS } from './account-statements.js';
import { refusalPages, type WholeExport } from './export-check.js';
import type { AroundUsers } from './file-import.js';
import { KEEP_OTHER_REFUSALS, KEEP_ROLES } from './kept-statements.js';
import type { Receiver } from './receiver.js';

/** What an export of another Tokenjar has beside its users: roles before them, and what is refused after them. */
export const restOf = (
  db: Database,
  path: string,
  { roles, lastId }: WholeExport,
  { operator }: Pick<Receiver, 'operator'>,
): AroundUsers => ({
  before: async (now) => {
    if (lastId > 0) await db.run(RAISE_IDS, [lastId]);
    if (roles.length > 0) await db.run(KEEP_ROLES, [JSON.stringify(roles), now, ...orderedBy(operator)]);
  },
  after: async (demand) => {
    for await (const page of refusalPages(path)) {
      await demand();
      await db.run(KEEP_OTHER_REFUSALS, [JSON.stringify(page)]);
    }
  },
});
