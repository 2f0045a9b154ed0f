import { useEffect, useRef, useState } from 'preact/hooks';
import { type Account, auth, onOtherUser } from '../auth.ts';
import { noteChange } from '../changes.ts';
import { Action } from '../factors/action.tsx';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { createStore } from '../store.ts';
import { formatMoment, sentenceFor, useLanguage, useText } from '../text/text.ts';
import { type ApiKey, createKey, listKeys, ownScopes, revokeKey } from './api.ts';
import { useWords } from './text.ts';

const DAY = 86_400;

/** The key that was just made, until its user has saved it. */
const freshKey = createStore<string | undefined>(undefined);
onOtherUser(() => freshKey.set(undefined));

/** Keys for programs: makes, shows and revokes them. */
export function ApiKeys(_props: { user: Account }) {
  const text = useText();
  const words = useWords();
  if (!auth.actor) return <OwnKeys />;
  return (
    <Card title={words.title}>
      <p class="quiet">{text.actingRefused}</p>
    </Card>
  );
}

function OwnKeys() {
  const text = useText();
  const words = useWords();
  const [keys, setKeys] = useState<ApiKey[]>();
  const [scopes, setScopes] = useState<string[]>([]);
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const notice = useRef<HTMLParagraphElement>(null);
  const fresh = freshKey.use();
  const load = () => listKeys().then(setKeys, setFailure);
  useEffect(() => {
    void load();
    ownScopes().then(setScopes, setFailure);
  }, []);
  useEffect(() => {
    // What had the focus is gone.
    if (said !== '') notice.current?.focus();
  }, [said]);
  const revoke = async (id: string) => {
    setSaid('');
    await revokeKey(id);
    await load();
    noteChange();
    setSaid(words.revoked);
  };
  const make = async (entered: Record<string, string>) => {
    setSaid('');
    const chosen = scopes.filter((scope) => entered[`scope ${scope}`] !== undefined);
    const { name = '', expires_in: days } = entered;
    freshKey.set(await createKey({ name, scopes: chosen, expires_in: Number(days) * DAY }));
    await load();
    noteChange();
  };
  return (
    <Card title={words.title}>
      <p class="hint">{words.hint}</p>
      {!keys && !failure && <p class="quiet">{text.loading}</p>}
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      <p class="notice" role="status" tabIndex={-1} ref={notice} hidden={said === ''}>
        {said}
      </p>
      {fresh !== undefined && <FreshKey value={fresh} />}
      {keys?.length === 0 && <p class="hint">{words.none}</p>}
      {keys && keys.length > 0 && (
        <ul class="sessions">
          {keys.map((key) => (
            <Row key={key.id} of={key} revoke={() => revoke(key.id)} />
          ))}
        </ul>
      )}
      {keys && (
        <details>
          <summary>{words.make}…</summary>
          <div class="below">
            <Form action={words.make} submit={make}>
              <Field name="name" label={words.name} hint={words.nameHint} autocomplete="off" />
              <Field name="expires_in" label={words.days} value="90" inputMode="numeric" autocomplete="off" />
              <fieldset class="choices">
                <legend>{words.scopes}</legend>
                {scopes.length === 0 && <p class="hint">{words.scopesNone}</p>}
                {scopes.map((scope) => (
                  <label key={scope} class="check">
                    <input type="checkbox" name={`scope ${scope}`} />
                    {scope}
                  </label>
                ))}
              </fieldset>
            </Form>
          </div>
        </details>
      )}
    </Card>
  );
}

function Row({ of: key, revoke }: { of: ApiKey; revoke: () => Promise<void> }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const day = (moment: string) => formatMoment(moment, language, false);
  const isExpired = Date.parse(key.expires_at) <= Date.now();
  return (
    <li>
      <div>
        <p class="device">
          {key.name} {isExpired && <span class="badge">{words.expired}</span>}
        </p>
        <p class="hint">
          {[
            key.scopes.join(' '),
            words.expires(day(key.expires_at)),
            key.last_used_at ? text.lastUsedOn(day(key.last_used_at)) : text.neverUsed,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      <Action label={words.revoke} name={words.revokeOf(key.name)} work={revoke} />
    </li>
  );
}

/** Shown once, because only its digest is stored. */
function FreshKey({ value }: { value: string }) {
  const words = useWords();
  const [said, setSaid] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [value]);
  return (
    <div class="notice">
      <p>{words.fresh}</p>
      <div class="field">
        <input
          ref={input}
          aria-label={words.key}
          value={value}
          readOnly
          spellcheck={false}
          autocomplete="off"
        />
      </div>
      <div class="row below">
        {/* A page over http has no clipboard. */}
        {'clipboard' in navigator && (
          <button
            type="button"
            onClick={() => void navigator.clipboard.writeText(value).then(() => setSaid(words.copied))}
          >
            {words.copy}
          </button>
        )}
        <button type="button" onClick={() => freshKey.set(undefined)}>
          {words.saved}
        </button>
        <span class="hint" role="status">
          {said}
        </span>
      </div>
    </div>
  );
}
