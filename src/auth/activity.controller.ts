import { Get, Req, Res } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { HttpRequest } from '../http/caller.js';
import { Edge } from '../http/edge.js';
import { Operates } from '../http/operation.js';
import type { ActivityFacts } from '../http/operations.js';
import { cursorInvalid, linkNext, type Page, pageOf, PageOf } from '../http/paging.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { deviceOf } from '../http/device.js';

/** GET /activity: what the audit trail says of the own account. */
@Edge('session', 'activity')
@Protected()
export class ActivityController {
  constructor(private readonly audit: Audit) {}

  @Get()
  @Operates('listActivity', 'What happened to your account, newest first')
  @Refuses('input_invalid', 'database_unavailable')
  async list(
    @Me() me: Principal,
    @PageOf() page: Page,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<ActivityFacts[]> {
    if (page.after !== undefined && !/^-?\d{1,18}$/.test(page.after)) throw cursorInvalid();
    const found = await this.audit.list(me.userId, page.limit + 1, page.after);
    const paged = pageOf(found, page, ({ id }) => id);
    linkNext(request, response, paged);
    return paged.items.map(({ id, at, event, outcome, reason, sessionId, userAgent, ip, count }) => ({
      id,
      at,
      event,
      outcome,
      reason,
      sessionId,
      // Which operator it was is for the operators.
      device: ip === null ? null : deviceOf(userAgent),
      ip,
      count,
    }));
  }
}
