import { AuthError } from '@tokenjar/client';
import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { Action } from '../factors/action.tsx';
import { Field, UsernameField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { settings } from '../settings.ts';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { ActAs } from './acting.tsx';
import { admin, type AuditEvent, type Identity, type ManagedSession, type ManagedUser } from './api.ts';
import { EventRow } from './audit.tsx';
import { wordsIn } from './fields.tsx';
import { Done, Failure, ListView, useList } from './list.tsx';
import { addressState, calledIn } from './names.ts';
import { PasswordLink } from './new-user.tsx';
import { useWords } from './text.ts';

/** A user: what is known of them, and what can be done about it. */
export function User({ id }: { id: string }) {
  const text = useText();
  const words = useWords();
  const path = `users/${id}`;
  const [user, setUser] = useState<ManagedUser>();
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const [link, setLink] = useState<string>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    admin.get<ManagedUser>(path).then(setUser, setFailure);
  }, [path]);
  useEffect(() => heading.current?.focus(), [user?.id]);
  const change = async (what: object, sentence: string) => {
    setUser(await admin.patch<ManagedUser>(path, what));
    setSaid(sentence);
  };
  if (!user)
    return (
      <section class="card">
        <Back />
        {failure ? <Failure of={failure} /> : <p class="quiet">{text.loading}</p>}
      </section>
    );
  return (
    <div class="cards">
      <div class="group">
        <section class="card" aria-labelledby="user">
          <Back />
          <h2 id="user" ref={heading} tabIndex={-1}>
            {calledIn(user, words)}
          </h2>
          <Done said={said} />
          <Facts user={user} />
          <Form
            action={words.saveRoles}
            submit={({ roles }) => change({ roles: wordsIn(roles) }, words.saved)}
          >
            <Field
              key={user.roles.join(' ')}
              name="roles"
              label={words.parts.roles}
              hint={words.rolesHint}
              autocomplete="off"
              value={user.roles.join(' ')}
              isOptional
            />
          </Form>
          {settings.signInWith !== 'email' && (
            <Form
              action={words.saveUsername}
              submit={({ username = '' }) => change({ username }, words.saved)}
            >
              <UsernameField key={user.username} value={user.username ?? ''} autocomplete="off" />
            </Form>
          )}
        </section>
        <ActAs path={path} />
        <Card title={words.actions}>
          {user.email !== null ? (
            settings.mail && (
              <Action
                label={words.sendReset}
                work={() => admin.post(`${path}/password-reset`).then(() => setSaid(words.resetSent))}
              />
            )
          ) : (
            <Action
              label={words.makeLink}
              work={() =>
                admin.post<{ link: string }>(`${path}/password-link`).then((made) => setLink(made.link))
              }
            />
          )}
          <PasswordLink link={link} />
          <Action
            label={user.active ? words.deactivate : words.activate}
            look={user.active ? 'dangerous' : 'plain'}
            work={() => change({ active: !user.active }, user.active ? words.deactivated : words.activated)}
          />
          <Deletion user={user} path={path} />
        </Card>
      </div>
      <div class="group">
        <Sessions path={path} />
        <Factors path={path} />
        <Identities path={path} />
        <Activity path={path} />
      </div>
    </div>
  );
}

const Back = () => {
  const words = useWords();
  return (
    <p>
      <a href="#users">← {words.back}</a>
    </p>
  );
};

function Facts({ user }: { user: ManagedUser }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const facts: [string, ComponentChildren][] = [
    [words.id, user.id],
    [words.state, user.active ? words.active : words.inactive],
    ...(user.username ? [[text.username, user.username] as [string, string]] : []),
    [text.email, addressState(user, text, words)],
    [words.password, user.has_password ? words.yes : words.no],
    [words.factors, user.second_factors.join(', ') || words.none],
    [words.since, formatMoment(user.created_at, language, false)],
    [words.lastLogin, user.last_login_at === null ? words.never : formatMoment(user.last_login_at, language)],
  ];
  return (
    <dl>
      {facts.map(([name, fact]) => (
        <>
          <dt key={`${name} of`}>{name}</dt>
          <dd key={name}>{fact}</dd>
        </>
      ))}
    </dl>
  );
}

function Sessions({ path }: { path: string }) {
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
        row={({ id, device, ip, last_used_at }) => (
          <>
            <div>
              <p class="device">{device ?? text.unknownDevice}</p>
              <p class="hint">
                {[ip, text.lastUsed(formatMoment(last_used_at, language))].filter(Boolean).join(' · ')}
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

interface FactorsOfUser {
  factors: { id: string; type: string; name: string | null; created_at: string }[];
  reset_at: string | null;
  /** The only one that will be removed; null for all, if there is a request. */
  reset_factor_id: string | null;
}

function Factors({ path }: { path: string }) {
  const text = useText();
  const words = useWords();
  const language = useLanguage();
  const [found, setFound] = useState<FactorsOfUser>();
  const [failure, setFailure] = useState<unknown>();
  const [said, setSaid] = useState('');
  const load = () => admin.get<FactorsOfUser>(`${path}/factors`).then(setFound, setFailure);
  useEffect(() => void load(), [path]);
  const remove = async (which: string, sentence: string) => {
    await admin.delete(`${path}/factors${which}`);
    await load();
    setSaid(sentence);
  };
  const isRequested = Boolean(found && (found.reset_at ?? found.reset_factor_id) !== null);
  return (
    <Card title={words.factorList}>
      <Done said={said} />
      <Failure of={failure} />
      {found?.factors.length === 0 && <p class="quiet">{words.nothing}</p>}
      <ul class="sessions" aria-label={words.factorList} hidden={!found?.factors.length}>
        {found?.factors.map(({ id, type, name, created_at }) => (
          <li key={id}>
            <div>
              <p class="device">{name ?? type}</p>
              <p class="hint">
                {type} · {formatMoment(created_at, language, false)}
              </p>
              {id === found.reset_factor_id && <p class="hint wrong">{words.oneRemoved}</p>}
            </div>
            {!isRequested && (
              <Action
                label={text.remove}
                name={text.removeOf(name ?? type)}
                work={() => remove(`/${id}`, words.removalOfOne)}
              />
            )}
          </li>
        ))}
      </ul>
      {found && found.factors.length > 0 && (
        <>
          <p class="hint">
            {found.reset_at === null
              ? words.removeFactorsHint
              : words.removalDue(formatMoment(found.reset_at, language), found.reset_factor_id !== null)}
          </p>
          {!isRequested && (
            <Action label={words.removeFactors} look="dangerous" work={() => remove('', words.removal)} />
          )}
        </>
      )}
    </Card>
  );
}

/** Shown where there are any. */
function Identities({ path }: { path: string }) {
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

function Activity({ path }: { path: string }) {
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

/** Whoever deletes a user types the name: a button alone is pressed too easily. */
function Deletion({ user, path }: { user: ManagedUser; path: string }) {
  const text = useText();
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const name = calledIn(user, words);
  const label = user.email === null ? words.typeName : words.typeAddress;
  const submit = async ({ typed = '' }: Record<string, string>) => {
    if (typed.trim().toLowerCase() !== name.toLowerCase())
      throw new AuthError({ code: 'input_invalid', errors: { typed: [label] } });
    await admin.delete(path);
    location.hash = '#users';
  };
  return (
    <>
      <button class="dangerous" onClick={() => setOpen(true)}>
        {words.deleteUser}…
      </button>
      {isOpen && (
        <Dialog title={words.deleteUser} cancel={() => setOpen(false)}>
          <p class="hint">{words.deleteHint}</p>
          <Form action={words.deleteUser} isDangerous submit={submit}>
            <Field name="typed" label={label} hint={name} autocomplete="off" takesFocus />
          </Form>
          <button class="plain" onClick={() => setOpen(false)}>
            {text.cancel}
          </button>
        </Dialog>
      )}
    </>
  );
}
