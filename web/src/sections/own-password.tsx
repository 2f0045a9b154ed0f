import type { Account } from '../auth.ts';
import { PasswordField } from '../forms/fields.tsx';
import { signInNameOf } from '../names.ts';
import { useHasPassword } from '../password.ts';
import { useText } from '../text/text.ts';

/** The password that an operation asks for. Without one, the server demands a recent sign-in instead. */
export function OwnPassword({ user }: { user: Account }) {
  const text = useText();
  if (!useHasPassword()) return null;
  return (
    <>
      <input type="text" autocomplete="username" value={signInNameOf(user)} readOnly hidden />
      <PasswordField name="password" label={text.currentPassword} autocomplete="current-password" />
    </>
  );
}
