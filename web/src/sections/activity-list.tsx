import { useEffect, useState } from 'preact/hooks';
import { type Account, auth } from '../auth.ts';
import { settings } from '../settings.ts';
import { sentenceFor, useLanguage, useText } from '../text/text.ts';
import { Card } from './card.tsx';

interface Activity {
  id: string;
  at: string;
  event: string;
  outcome: 'success' | 'failure';
  reason: string | null;
  device: string | null;
  ip: string | null;
}

/** How many are shown before anybody asks for more. */
const AT_FIRST = 8;

/** What happened to the account, newest first. */
export function ActivityList(_props: { user: Account }) {
  const text = useText();
  const language = useLanguage();
  const [events, setEvents] = useState<Activity[]>();
  const [failure, setFailure] = useState<unknown>();
  const [isWhole, setWhole] = useState(false);

  useEffect(() => {
    const load = () => {
      setFailure(undefined);
      fetchActivity().then(setEvents, setFailure);
    };
    load();
    addEventListener('focus', load);
    return () => removeEventListener('focus', load);
  }, []);

  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const shown = isWhole ? events : events?.slice(0, AT_FIRST);
  return (
    <Card title={text.activity}>
      {events === undefined && !failure && <p class="quiet">{text.loading}</p>}
      <ul class="sessions">
        {shown?.map((event) => (
          <li key={event.id}>
            <div>
              <p class="device">{sayWhat(event, text)}</p>
              <p class="hint">
                <time dateTime={event.at}>{when.format(new Date(event.at))}</time>
                {[event.device, event.ip].filter(Boolean).map((fact) => ` · ${fact}`)}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      {!isWhole && (events?.length ?? 0) > AT_FIRST && (
        <button onClick={() => setWhole(true)}>{text.showAll}</button>
      )}
    </Card>
  );
}

async function fetchActivity(): Promise<Activity[]> {
  const answer = await auth.fetch(`${settings.baseUrl}/activity`);
  if (!answer.ok) throw new Error(String(answer.status));
  const body = (await answer.json()) as Activity[] | { activity: Activity[] };
  return Array.isArray(body) ? body : body.activity;
}

/** The most telling words there are for an event: of its reason, of a failure, of its name, or the name itself. */
function sayWhat({ event, outcome, reason }: Activity, { events }: ReturnType<typeof useText>): string {
  return (
    events[`${event}.${reason}`] ??
    events[outcome === 'failure' ? `${event}.failure` : event] ??
    events[event] ??
    event
  );
}
