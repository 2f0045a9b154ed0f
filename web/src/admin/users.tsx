import { useState } from 'preact/hooks';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { type ManagedUser } from './api.ts';
import { Choice, Entry } from './fields.tsx';
import { ListView, useList } from './list.tsx';
import { addressState, calledIn } from './names.ts';
import { useRoles } from './roles.tsx';
import { useWords } from './text.ts';

/** All users, found by name, role and state. */
export function Users() {
  const text = useText();
  const words = useWords();
  const roles = useRoles();
  const [search, setSearch] = useState('');
  const [role, setRole] = useState('');
  const [active, setActive] = useState('');
  const list = useList<ManagedUser>('users', { search: search.trim(), role, active, limit: 50 });
  return (
    <section class="card" aria-label={words.parts.users}>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <Entry
          label={words.search}
          hint={settings.signInWith === 'email' ? words.searchHint : words.searchByNameHint}
          type="search"
          change={setSearch}
        />
        <Choice
          label={words.role}
          change={setRole}
          choices={[['', words.anyRole], ...(roles.items ?? []).map(({ name }) => [name, name] as const)]}
        />
        <Choice
          label={words.state}
          change={setActive}
          choices={[
            ['', words.anyState],
            ['true', words.active],
            ['false', words.inactive],
          ]}
        />
      </form>
      <ListView
        list={list}
        label={words.parts.users}
        keyOf={({ id }) => id}
        row={(user) => (
          <div>
            <p class="device">
              <a href={`#user/${user.id}`}>{calledIn(user, words)}</a>{' '}
              {user.email && user.username && <span class="quiet">{user.username} </span>}
              {!user.active && <span class="badge">{words.inactive}</span>}{' '}
              {user.roles.map((each) => (
                <span key={each} class="badge good">
                  {each}
                </span>
              ))}
            </p>
            <p class="hint">
              {words.id} {user.id} · {addressState(user, text, words)}
            </p>
          </div>
        )}
      />
    </section>
  );
}
