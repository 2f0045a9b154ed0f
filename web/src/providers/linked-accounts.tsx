import type { Identity } from '@tokenjar/client/providers';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../auth.ts';
import { noteChange } from '../changes.ts';
import { Action } from '../factors/action.tsx';
import { Card } from '../sections/card.tsx';
import { settings } from '../settings.ts';
import { formatMoment, sentenceFor, useLanguage, useText } from '../text/text.ts';
import { providers } from './api.ts';
import { Mark } from './marks.tsx';

const nameOf = (provider: string): string =>
  settings.providers.find(({ id }) => id === provider)?.name ?? provider;

/** The accounts at providers with which the user can sign in. */
export function LinkedAccounts(_props: { user: Account }) {
  const text = useText();
  const language = useLanguage();
  const [identities, setIdentities] = useState<Identity[]>();
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const notice = useRef<HTMLParagraphElement>(null);
  const load = () => providers.identities().then(setIdentities, setFailure);
  useEffect(() => void load(), []);
  useEffect(() => {
    // The focused button is gone.
    if (said !== '') notice.current?.focus();
  }, [said]);
  const unlink = async (id: string) => {
    setSaid('');
    await providers.unlink(id);
    await load();
    noteChange();
    setSaid(text.unlinked);
  };
  const others = settings.providers.filter(({ id }) => !identities?.some(({ provider }) => provider === id));
  return (
    <Card title={text.linkedAccounts}>
      <p class="hint">{text.linkedAccountsHint}</p>
      {!identities && !failure && <p class="quiet">{text.loading}</p>}
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      <p class="notice" role="status" tabIndex={-1} ref={notice} hidden={said === ''}>
        {said}
      </p>
      {identities && identities.length > 0 && (
        <ul class="sessions">
          {identities.map(({ id, provider, email, created_at, last_used_at }) => (
            <li key={id}>
              <div>
                <p class="device linked">
                  <Mark of={provider} /> {nameOf(provider)}
                </p>
                <p class="hint">
                  {email !== null && `${email} · `}
                  {text.linkedOn(formatMoment(created_at, language, false))} ·{' '}
                  {last_used_at
                    ? text.lastUsedOn(formatMoment(last_used_at, language, false))
                    : text.neverUsed}
                </p>
              </div>
              <Action
                label={text.unlink}
                name={text.unlinkOf([nameOf(provider), email].filter(Boolean).join(', '))}
                work={() => unlink(id)}
              />
            </li>
          ))}
        </ul>
      )}
      {identities && others.length > 0 && (
        <div class="row">
          {others.map(({ id, name }) => (
            <Action key={id} label={text.linkWith(name)} work={() => providers.link(id)} />
          ))}
        </div>
      )}
    </Card>
  );
}
