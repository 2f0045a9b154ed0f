import type { Session } from '@tokenjar/client';
import { useRef, useState } from 'preact/hooks';
import { account } from '../account.ts';
import { type Account, auth } from '../auth.ts';
import { sentenceFor, useLanguage, useText } from '../text/text.ts';
import { Card } from './card.tsx';
import { usePages } from './pages.ts';

/** The user's sessions; ends one, or all others. */
export function SessionList(_props: { user: Account }) {
  const text = useText();
  const {
    items: sessions,
    failure: unread,
    hasMore,
    reload,
    loadMore,
  } = usePages<Session>(account.sessionsPage);
  const [said, setSaid] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const [refusal, setRefusal] = useState<unknown>();
  const failure = refusal ?? unread;

  async function act(work: () => Promise<unknown>, done = ''): Promise<void> {
    setRefusal(undefined);
    setSaid('');
    let isDone = true;
    try {
      await work();
    } catch (thrown) {
      isDone = false;
      setRefusal(thrown);
    }
    // Also after a failure, because it may have ended already.
    await reload();
    if (!isDone || done === '') return;
    setSaid(done);
    // The focused button disappears with its session.
    list.current?.focus();
  }

  const others = sessions?.filter(({ current }) => !current) ?? [];
  return (
    <Card title={text.sessions}>
      {sessions === undefined && !failure && <p class="quiet">{text.loading}</p>}
      <ul class="sessions" tabIndex={-1} ref={list}>
        {sessions?.map((session) => (
          <Row
            key={session.id}
            session={session}
            end={() => act(() => auth.sessions.end(session.id), text.sessionEnded)}
          />
        ))}
      </ul>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      <p class="notice" role="status" hidden={said === ''}>
        {said}
      </p>
      {hasMore && <button onClick={() => void loadMore()}>{text.showMore}</button>}
      {others.length > 0 && (
        <button
          disabled={auth.actor !== null}
          onClick={() => void act(auth.sessions.endOthers, text.othersEnded)}
        >
          {text.endOthers}
        </button>
      )}
    </Card>
  );
}

function Row({ session, end }: { session: Session; end: () => Promise<void> }) {
  const text = useText();
  const language = useLanguage();
  const device = session.device ?? text.unknownDevice;
  return (
    <li>
      <div>
        <p class="device">
          {device} {session.current && <span class="badge good">{text.thisDevice}</span>}
        </p>
        <p class="hint">
          {[
            session.ip,
            text.lastUsed(ago(session.last_used_at, language) ?? text.justNow),
            session.device_bound ? text.deviceBound : null,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      {!session.current && (
        <button
          disabled={auth.actor !== null}
          aria-label={text.endSessionOf(device)}
          onClick={() => void end()}
        >
          {text.endSession}
        </button>
      )}
    </li>
  );
}

/** The server reports it in steps of 15 minutes. */
function ago(time: string, language: string): string | undefined {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 60_000 / 15) * 15);
  if (minutes === 0) return undefined;
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (minutes < 60) return words.format(-minutes, 'minute');
  if (minutes < 24 * 60) return words.format(-Math.round(minutes / 60), 'hour');
  return words.format(-Math.round(minutes / 60 / 24), 'day');
}
