import { account } from '../account.ts';
import type { Account } from '../auth.ts';
import { EmailField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';
import { OwnPassword } from './own-password.tsx';

export function EmailChange({ user }: { user: Account }) {
  const text = useText();
  // Without emails, nobody would receive the link.
  if (!settings.mail) return null;
  const title = user.email ? text.changeEmail : text.addEmail;
  return (
    <Card title={title}>
      <p class="hint">{text.changeEmailHint}</p>
      <details>
        <summary>{title}…</summary>
        <Form
          action={title}
          done={text.emailToNewAddress}
          submit={({ new_email = '', password }) => account.changeEmail({ new_email, password })}
        >
          <EmailField name="new_email" label={text.newEmail} autocomplete="email" />
          <OwnPassword user={user} />
        </Form>
      </details>
    </Card>
  );
}
