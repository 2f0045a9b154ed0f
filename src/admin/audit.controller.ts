import { Headers } from '@nestjs/common';
import type { AuditFacts, Download } from '../http/admin-payloads.js';
import { QueryInput } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Page, type Paged, PageOf } from '../http/paging.js';
import { AuditPages } from './audit-pages.js';

/** As the query has them. */
interface AuditQuery {
  user_id?: number | undefined;
  event?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** GET /admin/audit. */
@ApiController()
export class AuditController {
  constructor(private readonly audit: AuditPages) {}

  @Operation('listAudit')
  list(
    @QueryInput() { user_id: userId, ...wanted }: AuditQuery,
    @PageOf() page: Page,
    @Headers('accept') accept: string | undefined,
  ): Promise<Paged<AuditFacts> | Download> {
    return /\btext\/csv\b/i.test(accept ?? '')
      ? this.audit.csv({ ...wanted, userId })
      : this.audit.page({ ...wanted, userId }, page);
  }
}
