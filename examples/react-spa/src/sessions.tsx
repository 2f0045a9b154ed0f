import type { Session } from '@tokenjar/client';
import { useEffect, useState } from 'react';
import { auth } from './auth.js';

/** What only signed-in users see. For an API of your own, use `auth.fetch('/api/…')` in the same way. */
export function Sessions() {
  const [sessions, setSessions] = useState<Session[]>();
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    auth.sessions.list().then(setSessions, () => setHasFailed(true));
  }, []);
  if (hasFailed) return <p role="alert">They could not be loaded.</p>;
  return (
    <ul aria-label="Your sessions">
      {sessions?.map(({ id, device, current }) => (
        <li key={id}>
          {device ?? 'Unknown device'} {current && '(this one)'}
        </li>
      ))}
    </ul>
  );
}
