import { account } from '../account.ts';
import type { Account } from '../auth.ts';
import { EmailField, PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';

export function EmailChange({ user }: { user: Account }) {
  const text = useText();
  // Without emails, nobody would receive the link.
  if (!settings.mail) return null;
  return (
    <Card title={text.changeEmail}>
      <p class="hint">{text.changeEmailHint}</p>
      <details>
        <summary>{text.changeEmail}…</summary>
        <Form
          action={text.changeEmail}
          done={text.emailToNewAddress}
          submit={({ new_email = '', password = '' }) => account.changeEmail({ new_email, password })}
        >
          <EmailField name="new_email" label={text.newEmail} autocomplete="email" />
          <input type="text" autocomplete="username" value={user.email} readOnly hidden />
          <PasswordField name="password" label={text.currentPassword} autocomplete="current-password" />
        </Form>
      </details>
    </Card>
  );
}
