import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { Field, UsernameField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { settings } from '../settings.ts';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { ActAs } from './acting.tsx';
import { admin, type ManagedUser } from './api.ts';
import { wordsIn } from './fields.tsx';
import { Done, Failure } from './list.tsx';
import { addressState, calledIn } from './names.ts';
import { PasswordLink } from './new-user.tsx';
import { useWords } from './text.ts';
import { Deletion } from './user-deletion.tsx';
import { Factors } from './user-factors.tsx';
import { Activity, Identities, Sessions } from './user-lists.tsx';

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
    // The app that has them has no words for them here.
    ...Object.entries(user.profile ?? {}).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
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
