import { Injectable } from '@nestjs/common';
import { keyOf, seenLast, toLiveFacts } from '../auth/session-pages.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { ManagedIdentity, ManagedSession } from '../http/admin-payloads.js';
import { type Page, type Paged, pageOf } from '../http/paging.js';
import type { FactorsOverview } from '../http/payloads.js';
import { FactorOverview } from '../mfa/factor-overview.js';
import { Sessions } from '../users/sessions/sessions.js';
import { Users } from '../users/users.js';
import { ManagedUsers } from './managed-users.js';

/** With SQL, because the slice of providers can be left out. */
const IDENTITIES = statement<[userId: number], ManagedIdentity>(
  'managed_user_identities',
  `SELECT id, provider, subject, email, created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM tokenjar.identities WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id`,
);

/** What belongs to the account of somebody else. Each **Errors** `account_not_found`. */
@Injectable()
export class UserDetails {
  constructor(
    private readonly db: Database,
    private readonly managed: ManagedUsers,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly overview: FactorOverview,
  ) {}

  async sessionsOf(id: number, page: Page): Promise<Paged<ManagedSession>> {
    await this.managed.find(id);
    const found = await this.sessions.list(id, page.limit + 1, seenLast(page));
    const { items, next } = pageOf(found, page, (last) => keyOf(last.createdAt, last.id));
    return { items: items.map(toLiveFacts), next };
  }

  async factorsOf(id: number): Promise<FactorsOverview> {
    const user = await this.users.findById(id);
    if (!user) throw new TokenjarError('account_not_found');
    return this.overview.show(user);
  }

  async identitiesOf(id: number): Promise<ManagedIdentity[]> {
    await this.managed.find(id);
    return this.db.run(IDENTITIES, [id]);
  }
}
