import { type Account, auth } from '../auth.ts';
import { noteChange } from '../changes.ts';
import { NewPasswordField, PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';

export function PasswordChange({ user }: { user: Account }) {
  const text = useText();
  return (
    <Card title={text.changePassword}>
      <p class="hint">{text.changePasswordHint}</p>
      <Form
        action={text.changePassword}
        done={text.passwordChanged}
        submit={({ old_password = '', new_password = '' }) =>
          auth.changePassword({ old_password, new_password }).then(noteChange)
        }
      >
        {/* Tells password managers which account the password belongs to. */}
        <input type="text" autocomplete="username" value={user.email} readOnly hidden />
        <PasswordField name="old_password" label={text.currentPassword} autocomplete="current-password" />
        <NewPasswordField name="new_password" label={text.newPassword} />
      </Form>
    </Card>
  );
}
