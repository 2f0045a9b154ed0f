import { Get } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Edge } from '../http/edge.js';
import { Operates } from '../http/operation.js';
import type { ActivityFacts } from '../http/operations.js';
import { Me, Principal, Protected } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { deviceOf } from '../http/device.js';

/** Nobody reads a longer list. */
const MOST = 100;

/** GET /activity: what the audit trail says of the own account. */
@Edge('session', 'activity')
@Protected()
export class ActivityController {
  constructor(private readonly audit: Audit) {}

  @Get()
  @Operates('listActivity', 'What happened to your account, newest first')
  @Refuses('database_unavailable')
  async list(@Me() me: Principal): Promise<ActivityFacts[]> {
    const events = await this.audit.list(me.userId, MOST);
    return events.map(({ id, at, event, outcome, reason, sessionId, userAgent, ip, count }) => ({
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
