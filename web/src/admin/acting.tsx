import { AuthError, type Session } from '@tokenjar/client';
import type { Activity } from '@tokenjar/client/account';
import { useEffect, useRef, useState } from 'preact/hooks';
import { auth } from '../auth.ts';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { settings } from '../settings.ts';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { admin, type ManagedUser } from './api.ts';
import { Failure } from './list.tsx';
import { useWords } from './text.ts';

interface Acting {
  /** The value of the Authorization header. It is kept here alone, and gone with the page. */
  header: string;
  until: number;
}

/** Shows an account as its user sees it, for an hour at most. The server lets nothing sensitive be done with it. */
export function ActAs({ user, path }: { user: ManagedUser; path: string }) {
  const words = useWords();
  const [acting, setActing] = useState<Acting>();
  const begin = async ({ reason = '' }: Record<string, string>) => {
    const { access_token, token_type, expires_in } = await admin.post<{
      access_token: string;
      token_type: string;
      expires_in: number;
    }>(`${path}/impersonate`, { reason });
    setActing({ header: `${token_type} ${access_token}`, until: Date.now() + expires_in * 1000 });
  };
  if (acting) return <Seen user={user} acting={acting} stop={() => setActing(undefined)} />;
  return (
    <Card title={words.actAs}>
      <p class="hint">{words.actAsHint}</p>
      <Form action={words.actAs} submit={begin}>
        <Field name="reason" label={words.reason} autocomplete="off" />
      </Form>
    </Card>
  );
}

function Seen({ user, acting, stop }: { user: ManagedUser; acting: Acting; stop: () => void }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const [seen, setSeen] = useState<{ sessions: Session[]; activity: Activity[] }>();
  const [failure, setFailure] = useState<unknown>();
  const banner = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    banner.current?.focus();
    const timer = setTimeout(stop, acting.until - Date.now());
    Promise.all([read<Session[]>('sessions', acting), read<Activity[]>('activity', acting)]).then(
      ([sessions, activity]) => setSeen({ sessions, activity }),
      setFailure,
    );
    return () => clearTimeout(timer);
  }, []);
  return (
    <Card title={words.actAs}>
      <p class="banner" role="status" tabIndex={-1} ref={banner}>
        {words.actingAs(user.email, formatMoment(new Date(acting.until).toISOString(), language))}
      </p>
      <p class="hint">{words.actingLimits}</p>
      <Failure of={failure} />
      {!seen && !failure && <p class="quiet">{text.loading}</p>}
      {seen && (
        <>
          <h3>{text.sessions}</h3>
          <ul class="sessions">
            {seen.sessions.map(({ id, device, ip }) => (
              <li key={id}>{[device ?? text.unknownDevice, ip].filter(Boolean).join(' · ')}</li>
            ))}
          </ul>
          <h3>{text.activity}</h3>
          <ul class="sessions">
            {seen.activity.slice(0, 10).map(({ id, at, event }) => (
              <li key={id}>
                {(text.events as Record<string, string>)[event] ?? event} · {formatMoment(at, language)}
              </li>
            ))}
          </ul>
        </>
      )}
      <button onClick={stop}>{words.stopActing}</button>
    </Card>
  );
}

/** Not by the client, whose token is the administrator's own. */
async function read<Result>(name: 'sessions' | 'activity', { header }: Acting): Promise<Result> {
  const response = await fetch(`${settings.baseUrl}/${name}`, {
    headers: { Authorization: header },
    credentials: 'omit',
  });
  const body = (await response.json()) as object;
  if (!response.ok) throw new AuthError(body, response.status);
  return auth.dialect.content(body, name) as Result;
}
