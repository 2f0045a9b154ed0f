import { useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { formatMoment, useLanguage } from '../text/text.ts';
import { admin, type AuditEvent, type Query } from './api.ts';
import { Entry } from './fields.tsx';
import { ListView, useList } from './list.tsx';
import { useWords } from './text.ts';

/** A day of the calendar as a moment; undefined for none. */
const dayOf = (text: string, days = 0): string | undefined => {
  const day = new Date(`${text}T00:00`);
  day.setDate(day.getDate() + days);
  return Number.isNaN(day.getTime()) ? undefined : day.toISOString();
};

/** The audit trail, with filters, also as a file. */
export function AuditTrail() {
  const words = useWords();
  const [filters, setFilters] = useState<Query>({});
  const set = (name: string) => (value: string | undefined) =>
    setFilters((now) => ({ ...now, [name]: value }));
  const list = useList<AuditEvent>('audit', { ...filters, limit: 50 });
  const download = async () => {
    const url = URL.createObjectURL(await admin.file('audit', filters));
    const link = document.createElement('a');
    Object.assign(link, { href: url, download: 'audit.csv' });
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <section class="card" aria-label={words.parts.audit}>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <Entry label={words.userId} change={set('user_id')} />
        <Entry label={words.event} change={(value) => set('event')(value.trim())} />
        <Entry label={words.from} type="date" change={(value) => set('from')(dayOf(value))} />
        {/* The whole of the day. */}
        <Entry label={words.to} type="date" change={(value) => set('to')(dayOf(value, 1))} />
      </form>
      <ListView
        list={list}
        label={words.parts.audit}
        keyOf={({ id }) => id}
        row={(event) => <EventRow event={event} hasUser />}
      />
      <Action label={words.download} work={download} />
    </section>
  );
}

export function EventRow({ event, hasUser = false }: { event: AuditEvent; hasUser?: boolean }) {
  const words = useWords();
  const language = useLanguage();
  const { at, outcome, reason, user_id, actor, ip, count } = event;
  return (
    <div>
      <p class="device">
        <code>{event.event}</code> {outcome === 'failure' && <span class="badge">{outcome}</span>}
      </p>
      <p class="hint">
        <time dateTime={at}>{formatMoment(at, language)}</time>
        {hasUser && user_id !== null && (
          <>
            {' · '}
            <a href={`#user/${user_id}`}>{words.user(user_id)}</a>
          </>
        )}
        {[reason, actor && words.byOperator(actor), ip, count > 1 && `× ${count}`]
          .filter(Boolean)
          .map((fact) => ` · ${String(fact)}`)}
      </p>
    </div>
  );
}
