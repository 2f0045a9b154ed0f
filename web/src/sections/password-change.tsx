import { type Account, auth } from '../auth.ts';
import { account } from '../account.ts';
import { noteChange } from '../changes.ts';
import { NewPasswordField, PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { signInNameOf } from '../names.ts';
import { useHasPassword } from '../password.ts';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';

export function PasswordChange({ user }: { user: Account }) {
  const text = useText();
  const hasPassword = useHasPassword();
  const { email } = user;
  if (!hasPassword)
    return settings.mail && email ? (
      <Card title={text.setPassword}>
        <p class="hint">{text.passwordlessHint}</p>
        <Form
          key="first"
          action={text.sendEmail}
          done={text.passwordEmailSent}
          submit={() => account.requestPasswordReset({ email })}
        >
          {null}
        </Form>
      </Card>
    ) : null;
  return (
    <Card title={text.changePassword}>
      <p class="hint">{text.changePasswordHint}</p>
      <Form
        key="change"
        action={text.changePassword}
        done={text.passwordChanged}
        submit={({ old_password = '', new_password = '' }) =>
          auth.changePassword({ old_password, new_password }).then(noteChange)
        }
      >
        {/* Tells password managers which account the password belongs to. */}
        <input type="text" autocomplete="username" value={signInNameOf(user)} readOnly hidden />
        <PasswordField name="old_password" label={text.currentPassword} autocomplete="current-password" />
        <NewPasswordField name="new_password" label={text.newPassword} />
      </Form>
    </Card>
  );
}
