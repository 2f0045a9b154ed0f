import { type Account, auth } from '../auth.ts';
import { PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';

export function AccountDeletion({ user }: { user: Account }) {
  const text = useText();
  return (
    <Card title={text.deleteAccount}>
      <p class="hint">{text.deleteAccountHint}</p>
      <details class="grave">
        <summary>{text.deleteAccount}…</summary>
        <Form
          action={text.deleteForGood}
          isDangerous
          submit={({ password = '' }) => auth.deleteAccount({ password })}
        >
          <input type="text" autocomplete="username" value={user.email} readOnly hidden />
          <PasswordField name="password" label={text.currentPassword} autocomplete="current-password" />
        </Form>
      </details>
    </Card>
  );
}
