import { useEffect, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { Card } from '../sections/card.tsx';
import { admin, type Role } from './api.ts';
import { wordsIn } from './fields.tsx';
import { Done, Failure } from './list.tsx';
import { useWords } from './text.ts';

/** All roles; there are few. */
export function useRoles(): { items: Role[] | undefined; failure: unknown; reload: () => Promise<void> } {
  const [items, setItems] = useState<Role[]>();
  const [failure, setFailure] = useState<unknown>();
  const reload = () => admin.get<Role[]>('roles').then(setItems, setFailure);
  useEffect(() => void reload(), []);
  return { items, failure, reload };
}

const at = (name: string): string => `roles/${encodeURIComponent(name)}`;

/** Roles and their permissions. */
export function Roles() {
  const words = useWords();
  const { items, failure, reload } = useRoles();
  const [said, setSaid] = useState('');
  const [edited, setEdited] = useState<string>();
  const after = async (sentence: string) => {
    await reload();
    setEdited(undefined);
    setSaid(sentence);
  };
  return (
    <>
      <Card title={words.parts.roles}>
        <Done said={said} />
        <Failure of={failure} />
        <ul class="sessions" aria-label={words.parts.roles} hidden={!items?.length}>
          {items?.map((role) => (
            <li key={role.name}>
              <div>
                <p class="device">{role.name}</p>
                <p class="hint">
                  {role.permissions.join(' ') || words.noPermissions}
                  {role.description && ` · ${role.description}`}
                </p>
              </div>
              <div class="row">
                <button aria-label={words.editOf(role.name)} onClick={() => setEdited(role.name)}>
                  {words.edit}
                </button>
                <Action
                  label={words.delete}
                  name={words.deleteRole(role.name)}
                  look="dangerous"
                  work={() => admin.delete(at(role.name)).then(() => after(words.roleDeleted))}
                />
              </div>
              {edited === role.name && <RoleForm role={role} saved={() => after(words.saved)} />}
            </li>
          ))}
        </ul>
      </Card>
      <Card title={words.newRole}>
        <RoleForm saved={() => after(words.saved)} />
      </Card>
    </>
  );
}

function RoleForm({ role, saved }: { role?: Role; saved: () => Promise<void> }) {
  const words = useWords();
  return (
    <Form
      action={words.saveRole}
      submit={({ name = role?.name ?? '', permissions, description = '' }) =>
        admin
          .put(at(name), { permissions: wordsIn(permissions), ...(description && { description }) })
          .then(saved)
      }
    >
      {!role && <Field name="name" label={words.roleName} autocomplete="off" />}
      <Field
        name="permissions"
        label={words.permissions}
        hint={words.permissionsHint}
        autocomplete="off"
        value={role?.permissions.join(' ') ?? ''}
        isOptional
        takesFocus={role !== undefined}
      />
      <Field
        name="description"
        label={words.description}
        autocomplete="off"
        value={role?.description ?? ''}
        isOptional
      />
    </Form>
  );
}
