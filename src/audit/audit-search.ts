import { Injectable } from '@nestjs/common';
import { And, type FindOperator, LessThan, MoreThanOrEqual } from 'typeorm';
import { Database } from '../database/database.js';
import type { EventName } from '../events.js';
import { AuditEvent } from './audit-event.entity.js';

/** Which events are wanted; all of what is given. */
export interface WantedEvents {
  userId?: number | undefined;
  event?: string | undefined;
  from?: Date | undefined;
  /** Not included. */
  to?: Date | undefined;
}

/** How many are read at once where all are wanted. */
const BATCH = 1000;

/** Reads the audit trail as it is, for administrators: with the operators' names, and where requests came from. */
@Injectable()
export class AuditSearch {
  constructor(private readonly db: Database) {}

  /** Newest first. @param before the ID of the last event of the previous page. */
  find({ userId, event, from, to }: WantedEvents, count: number, before?: number): Promise<AuditEvent[]> {
    const times: FindOperator<Date>[] = [
      ...(from ? [MoreThanOrEqual(from)] : []),
      ...(to ? [LessThan(to)] : []),
    ];
    return this.db.repository(AuditEvent).find({
      where: {
        ...(userId !== undefined && { userId }),
        ...(event !== undefined && { event: event as EventName }),
        ...(times.length > 0 && { at: And(...times) }),
        ...(before !== undefined && { id: LessThan(before) }),
      },
      order: { id: 'DESC' },
      take: count,
    });
  }

  /** All of them, newest first, however many: a batch at a time, as fast as they are taken. */
  async *all(wanted: WantedEvents): AsyncGenerator<AuditEvent[]> {
    let before: number | undefined;
    for (;;) {
      const batch = await this.find(wanted, BATCH, before);
      if (batch.length > 0) yield batch;
      if (batch.length < BATCH) return;
      before = batch.at(-1)?.id;
    }
  }
}
