import { account } from '../account.ts';
import type { Account } from '../auth.ts';
import { noteChange } from '../changes.ts';
import { UsernameField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';

/** Needs a recent sign-in, which the page asks for where it has to. */
export function UsernameChange({ user }: { user: Account }) {
  const text = useText();
  if (settings.signInWith === 'email') return null;
  const title = user.username ? text.changeUsername : text.chooseUsername;
  return (
    <Card title={title}>
      <p class="hint">{text.changeUsernameHint}</p>
      <details>
        <summary>{title}…</summary>
        <Form
          action={title}
          done={text.usernameChanged}
          submit={({ username = '' }) => account.setUsername(username).then(noteChange)}
        >
          <UsernameField label={text.newUsername} autocomplete="off" />
        </Form>
      </details>
    </Card>
  );
}
