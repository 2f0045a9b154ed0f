import { Headers } from '@nestjs/common';
import type { AuditFacts, Download } from '../http/admin-payloads.js';
import { QueryInput } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import { TokenjarError } from '../errors.js';
import { UserIds } from '../users/user-ids.js';
import { AuditPages } from './audit-pages.js';

/** As the query has them. */
interface AuditQuery {
  user_id?: string | undefined;
  event?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** GET /admin/audit. */
@ApiController()
export class AuditController {
  constructor(
    private readonly audit: AuditPages,
    private readonly ids: UserIds,
  ) {}

  @Operation('listAudit')
  async list(
    @QueryInput() { user_id: userId, ...wanted }: AuditQuery,
    @PageOf() page: Page,
    @Headers('accept') accept: string | undefined,
  ): Promise<Paged<AuditFacts> | Download> {
    const isFile = /\btext\/csv\b/i.test(accept ?? '');
    const events = { ...wanted, userId: await this.userIdIn(userId) };
    return isFile ? this.audit.csv(events) : this.audit.page(events, page);
  }

  /** 0 for a UUID of nobody. **Errors** `input_invalid`. */
  private async userIdIn(text: string | undefined): Promise<number | undefined> {
    if (text === undefined) return undefined;
    if (!this.ids.isOne(text))
      throw new TokenjarError('input_invalid', { errors: { userId: ['This must be the ID of a user.'] } });
    return (await this.ids.find(text)) ?? 0;
  }
}
