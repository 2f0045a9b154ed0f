import { Injectable } from '@nestjs/common';
import type { AuditEvent } from '../audit/audit-event.entity.js';
import { AuditSearch, type WantedEvents } from '../audit/audit-search.js';
import type { AuditFacts, Download } from '../http/admin-payloads.js';
import { cursorInvalid, type Page, type Paged, pageOf } from '../http/paging.js';
import { COLUMNS, lineOf } from './audit-csv.js';
import { UserIds } from '../users/user-ids.js';
import { ManagedUsers } from './managed-users.js';

/** The audit trail, a page at a time or as a whole. */
@Injectable()
export class AuditPages {
  constructor(
    private readonly search: AuditSearch,
    private readonly users: ManagedUsers,
    private readonly ids: UserIds,
  ) {}

  /** Newest first. **Errors** `input_invalid` for a cursor that is none. */
  async page(wanted: WantedEvents, page: Page): Promise<Paged<AuditFacts>> {
    const found = await this.search.find(wanted, page.limit + 1, idBefore(page));
    const { items, next } = pageOf(found, page, ({ id }) => String(id));
    return { items: await this.factsOf(items), next };
  }

  /** The events of an account. **Errors** `account_not_found`. */
  async ofUser(userId: number, page: Page): Promise<Paged<AuditFacts>> {
    await this.users.find(userId);
    return this.page({ userId }, page);
  }

  /** All of them, as a file that is read from the database while it is sent. */
  async csv(wanted: WantedEvents): Promise<Download> {
    const batches = this.search.all(wanted);
    // Before the response begins: once it has, a failure can only cut it off.
    const first = await batches.next();
    return { type: 'text/csv', name: 'audit.csv', lines: this.linesOf(first, batches) };
  }

  private async *linesOf(
    first: IteratorResult<AuditEvent[]>,
    batches: AsyncGenerator<AuditEvent[]>,
  ): AsyncGenerator<string> {
    yield `${COLUMNS.join(',')}\r\n`;
    try {
      for (let batch = first; !batch.done; batch = await batches.next())
        yield (await this.factsOf(batch.value)).map(lineOf).join('');
    } finally {
      await batches.return(undefined);
    }
  }

  private async factsOf(events: readonly AuditEvent[]): Promise<AuditFacts[]> {
    const shown = await this.ids.shownOf(events.map(({ userId }) => userId));
    return events.map(({ id, userId, ...event }) => ({ id: String(id), userId: shown(userId), ...event }));
  }
}

/** IDs of before a change of the schema are negative. */
function idBefore({ after }: Page): number | undefined {
  if (after === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(after)) throw cursorInvalid();
  return Number(after);
}
