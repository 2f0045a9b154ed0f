import { Inject, Injectable } from '@nestjs/common';
import { AuditChain, EVENT_QUERIES, type EventQueries } from '../audit/audit-chain.js';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { HostEvents } from './host-events.js';
import { FAN_OUT } from './webhook-statements.js';

/** Makes deliveries of what the audit trail has sealed. */
@Injectable()
export class WebhookFanOut {
  constructor(
    @Inject(EVENT_QUERIES) private readonly queries: EventQueries,
    private readonly chain: AuditChain,
    private readonly clock: Clock,
    private readonly host: HostEvents,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'userId'>,
  ) {}

  /** Calls back when there is something to make deliveries of. */
  whenDue(listener: () => void): void {
    this.chain.whenSealed(listener);
  }

  /** Makes all that are missing. */
  async run(): Promise<void> {
    const arePublicIds = this.options.userId === 'uuid';
    const { notOurs } = this.host;
    while ((await this.queries.run(FAN_OUT, [this.clock.now(), arePublicIds, notOurs])).length > 0);
  }
}
