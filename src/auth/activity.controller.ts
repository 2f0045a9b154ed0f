import { Audit } from '../audit/audit.js';
import { ApiController, Operation } from '../http/operation.js';
import type { ActivityFacts } from '../http/payloads.js';
import { cursorInvalid, type Page, type Paged, pageOf, PageOf } from '../http/paging.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { deviceOf } from '../http/device.js';

/** GET /activity: the events of the user's own account. */
@ApiController()
export class ActivityController {
  constructor(private readonly audit: Audit) {}

  @Operation('listActivity')
  async list(@CurrentUser() me: Principal, @PageOf() page: Page): Promise<Paged<ActivityFacts>> {
    if (page.after !== undefined && !/^-?\d{1,18}$/.test(page.after)) throw cursorInvalid();
    const before = page.after === undefined ? undefined : Number(page.after);
    const found = await this.audit.list(me.userId, page.limit + 1, before);
    const { items, next } = pageOf(found, page, ({ id }) => String(id));
    const facts = items.map(
      ({ id, at, event, outcome, reason, sessionId, userAgent, ip, methods, count, actor }) => ({
        id: String(id),
        at,
        event,
        outcome,
        reason,
        sessionId,
        device: deviceOf(userAgent),
        ip,
        methods,
        count,
        // Of whoever acted as the user; the names of operators are not shown.
        ...(event === 'impersonated' && actor !== null && { actor }),
      }),
    );
    return { items: facts, next };
  }
}
