import type { Activity } from '@tokenjar/client/account';
import { useRef, useState } from 'preact/hooks';
import { account } from '../account.ts';
import type { Account } from '../auth.ts';
import { formatMoment, sentenceFor, useLanguage, useText } from '../text/text.ts';
import { Card } from './card.tsx';
import { usePages } from './pages.ts';

/** The number shown initially. */
const AT_FIRST = 8;

/** The events of the account, newest first. */
export function ActivityList(_props: { user: Account }) {
  const text = useText();
  const language = useLanguage();
  const { items: events, failure, hasMore, loadMore } = usePages<Activity>(account.activityPage);
  const [isWhole, setWhole] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const showMore = async () => {
    if (isWhole) await loadMore();
    setWhole(true);
    // The button may be gone, so the focus moves to the first new event.
    list.current?.focus();
  };
  const shown = isWhole ? events : events?.slice(0, AT_FIRST);
  const isMore = isWhole ? hasMore : (events?.length ?? 0) > AT_FIRST;
  return (
    <Card title={text.activity}>
      {events === undefined && !failure && <p class="quiet">{text.loading}</p>}
      <ul class="sessions" tabIndex={-1} ref={list}>
        {shown?.map((event) => (
          <li key={event.id}>
            <div>
              <p class="device">{sayWhat(event, text)}</p>
              <p class="hint">
                <time dateTime={event.at}>{formatMoment(event.at, language)}</time>
                {[event.device, event.ip].filter(Boolean).map((fact) => ` · ${fact}`)}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      {isMore && <button onClick={() => void showMore()}>{text.showMore}</button>}
    </Card>
  );
}

/** The most specific words for an event: for its reason, for a failure, for its name, or the name itself. */
function sayWhat({ event, outcome, reason }: Activity, text: ReturnType<typeof useText>): string {
  const events: Record<string, string | undefined> = text.events;
  return (
    events[`${event}.${reason}`] ??
    events[outcome === 'failure' ? `${event}.failure` : event] ??
    events[event] ??
    event
  );
}
