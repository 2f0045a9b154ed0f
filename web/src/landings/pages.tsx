import { account } from '../account.ts';
import { EmailField, NameField, NewPasswordField } from '../forms/fields.tsx';
import { namesIn } from '../names.ts';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Landing, secretsHere } from './landing.tsx';

/** The target of the verification email. */
export function VerifyEmail() {
  const text = useText();
  return (
    <Landing
      title={text.verifyEmail}
      hint={text.verifyEmailHint}
      action={text.verifyEmail}
      done={text.emailVerified}
      needs="key"
      isForPeople
      again="/resend-email"
      submit={({ email }) => account.verifyEmail({ key: secretsHere().get('key') ?? '', email })}
    />
  );
}

/** The target of the email to a new address. */
export function ChangeEmail() {
  const text = useText();
  return (
    <Landing
      title={text.confirmEmail}
      hint={text.confirmEmailHint}
      action={text.confirmEmail}
      done={text.emailChanged}
      needs="key"
      isForPeople
      again="/"
      submit={({ email }) => account.confirmEmailChange({ key: secretsHere().get('key') ?? '', email })}
    />
  );
}

/** The target of the reset email. */
export function ResetPassword() {
  const text = useText();
  const submit = ({ new_password = '' }) => {
    const secrets = secretsHere();
    return account.confirmPasswordReset({
      token: secrets.get('token') ?? '',
      uid: secrets.get('uid') ?? undefined,
      new_password,
    });
  };
  return (
    <Landing
      title={text.setPassword}
      hint={text.setPasswordHint}
      action={text.setPassword}
      done={text.passwordSet}
      needs="token"
      again="/forgot-password"
      submit={submit}
    >
      <NewPasswordField name="new_password" label={text.newPassword} />
    </Landing>
  );
}

/** Requests a reset email. */
export function ForgotPassword() {
  const text = useText();
  return (
    <Landing
      title={text.forgotPassword}
      hint={settings.signInWith === 'email' ? text.forgotPasswordHint : text.forgotPasswordByNameHint}
      action={text.sendEmail}
      done={settings.signInWith === 'email' ? text.emailSent : text.emailSentIfAny}
      submit={(entered) => account.requestPasswordReset(namesIn(entered))}
    >
      <NameField takesBoth />
    </Landing>
  );
}

/** Requests another verification email. */
export function ResendEmail() {
  const text = useText();
  return (
    <Landing
      title={text.resendEmail}
      hint={text.resendEmailHint}
      action={text.sendEmail}
      done={text.emailSent}
      submit={({ email = '' }) => account.resendVerification({ email })}
    >
      <EmailField />
    </Landing>
  );
}
