import { useEffect, useState } from 'preact/hooks';
import { type Account, auth } from '../auth.ts';
import { account } from '../account.ts';
import { settings } from '../settings.ts';
import { formatMoment, sentenceFor, useLanguage, useText } from '../text/text.ts';
import { Card } from './card.tsx';

/** The user's own account. */
export function AccountCard({ user }: { user: Account }) {
  const text = useText();
  const language = useLanguage();
  return (
    <Card title={text.account}>
      <dl>
        {user.username && (
          <>
            <dt>{text.username}</dt>
            <dd class="address">{user.username}</dd>
          </>
        )}
        <dt>{text.email}</dt>
        <dd>
          {user.email ? <span class="address">{user.email}</span> : text.noEmail}{' '}
          {user.email && user.email_verified !== undefined && (
            <span class={user.email_verified ? 'badge good' : 'badge'}>
              {user.email_verified ? text.verified : text.unverified}
            </span>
          )}
          {user.email && user.email_verified === false && settings.mail && <Unverified email={user.email} />}
          {!user.email && settings.mail && <p class="hint">{text.noEmailHint}</p>}
        </dd>
        {user.created_at !== undefined && (
          <>
            <dt>{text.memberSince}</dt>
            <dd>{formatMoment(user.created_at, language, false)}</dd>
          </>
        )}
        {user.roles !== undefined && user.roles.length > 0 && (
          <>
            <dt>{text.roles}</dt>
            <dd>{user.roles.join(', ')}</dd>
          </>
        )}
        {settings.showToken && (
          <>
            <dt>{text.accessToken}</dt>
            <dd>
              <Countdown />
              <p class="hint">{text.accessTokenHint}</p>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

/** Sends the verification email again. */
function Unverified({ email }: { email: string }) {
  const text = useText();
  const [state, setState] = useState<'ready' | 'busy' | 'sent'>('ready');
  const [failure, setFailure] = useState<unknown>();
  const send = () => {
    if (state === 'busy') return;
    setState('busy');
    setFailure(undefined);
    account.resendVerification({ email }).then(
      () => setState('sent'),
      (thrown: unknown) => {
        setFailure(thrown);
        setState('ready');
      },
    );
  };
  return (
    <div class="below">
      <button disabled={auth.actor !== null} aria-disabled={state === 'busy'} onClick={send}>
        {state === 'busy' ? text.busy : text.verifyAgain}
      </button>
      <p class="notice" role="status" hidden={state !== 'sent'}>
        {state === 'sent' && text.verifySent}
      </p>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
    </div>
  );
}

/** Counts down from `expires_in`, like the client, because the local clock may be wrong. */
function Countdown() {
  const text = useText();
  const [left, setLeft] = useState(auth.expiresIn ?? 0);
  const [whole, setWhole] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = auth.expiresIn ?? 0;
      setLeft(now);
      setWhole((most) => Math.max(most, now));
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  return (
    <span class="countdown" data-seconds={left}>
      <span class="clock">{text.secondsLeft(clock)}</span>
      <progress max={whole || 1} value={left} aria-label={text.accessToken} />
    </span>
  );
}
