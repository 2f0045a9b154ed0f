import { useEffect, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { Card } from '../sections/card.tsx';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { admin, type AuditEvent, type Identity, type ManagedSession } from './api.ts';
import { EventRow } from './audit.tsx';
import { Done, Failure, ListView, useList } from './list.tsx';
import { useWords } from './text.ts';

/** Where a user is signed in. */
export function Sessions({ path }: { path: string }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const list = useList<ManagedSession>(`${path}/sessions`, { limit: 20 });
  const [said, setSaid] = useState('');
  const end = async (which = '') => {
    await admin.delete(`${path}/sessions${which}`);
    await list.reload();
    setSaid(words.ended);
  };
  return (
    <Card title={words.sessions}>
      <Done said={said} />
      <ListView
        list={list}
        label={words.sessions}
        keyOf={({ id }) => id}
        row={({ id, device, ip, last_used_at, device_bound }) => (
          <>
            <div>
              <p class="device">{device ?? text.unknownDevice}</p>
              <p class="hint">
                {[
                  ip,
                  text.lastUsed(formatMoment(last_used_at, language)),
                  device_bound ? text.deviceBound : null,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
            <Action
              label={words.end}
              name={words.endOf(device ?? text.unknownDevice)}
              work={() => end(`/${id}`)}
            />
          </>
        )}
      />
      {Boolean(list.items?.length) && <Action label={words.endAll} work={() => end()} />}
    </Card>
  );
}

/** The accounts of providers that are linked; only shown where there are any. */
export function Identities({ path }: { path: string }) {
  const words = useWords();
  const [items, setItems] = useState<Identity[]>([]);
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    admin.get<Identity[]>(`${path}/identities`).then(setItems, setFailure);
  }, [path]);
  if (items.length === 0 && !failure) return null;
  return (
    <Card title={words.identities}>
      <Failure of={failure} />
      <ul class="sessions" aria-label={words.identities}>
        {items.map(({ id, provider, email }) => (
          <li key={id}>
            <p class="device">{[provider, email].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What a user has done, and what was done to them. */
export function Activity({ path }: { path: string }) {
  const words = useWords();
  const list = useList<AuditEvent>(`${path}/activity`, { limit: 10 });
  return (
    <Card title={words.activity}>
      <ListView
        list={list}
        label={words.activity}
        keyOf={({ id }) => id}
        row={(event) => <EventRow event={event} />}
      />
    </Card>
  );
}
