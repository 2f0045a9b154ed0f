import { useState } from 'preact/hooks';
import { EmailField, Field, UsernameField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { namesIn } from '../names.ts';
import { Card } from '../sections/card.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { admin, type CreatedUser } from './api.ts';
import { wordsIn } from './fields.tsx';
import { useWords } from './text.ts';

/** Makes an account with a username, where users sign in with one. Whoever has an address alone is invited instead. */
export function NewUser() {
  const text = useText();
  const words = useWords();
  const [made, setMade] = useState<CreatedUser>();
  if (settings.signInWith === 'email') return null;
  const create = async ({ roles, ...entered }: Record<string, string>) => {
    setMade(undefined);
    setMade(await admin.post<CreatedUser>('users', { ...namesIn(entered), roles: wordsIn(roles) }));
  };
  return (
    <Card title={words.newUser}>
      <p class="hint">{words.newUserHint}</p>
      <Form action={words.newUser} submit={create}>
        <UsernameField autocomplete="off" hint={text.usernameHint} />
        <EmailField
          autocomplete="off"
          isOptional={!settings.addressNeeded}
          {...(!settings.addressNeeded && { hint: words.emailOptional })}
        />
        <Field name="roles" label={words.parts.roles} hint={words.rolesHint} autocomplete="off" isOptional />
      </Form>
      <p class="notice" role="status" hidden={made?.password_link !== null}>
        {made?.password_link === null && words.userMade}
      </p>
      <PasswordLink link={made?.password_link} />
    </Card>
  );
}

/** A link that sets a password, for the user alone. It is shown once. */
export function PasswordLink({ link }: { link: string | null | undefined }) {
  const words = useWords();
  return (
    <p class="notice" role="status" hidden={!link}>
      {link && (
        <>
          {words.linkOnce} <code class="secret">{link}</code>
        </>
      )}
    </p>
  );
}
