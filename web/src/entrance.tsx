import { useState } from 'preact/hooks';
import { auth } from './auth.ts';
import { EmailField, NewPasswordField, PasswordField } from './forms/fields.tsx';
import { Form } from './forms/form.tsx';
import { settings } from './settings.ts';
import { useText } from './text/text.ts';

/** For somebody who is not signed in. */
export function Entrance({ isNew, notice }: { isNew: boolean; notice: string }) {
  const text = useText();
  const [isLetterSent, setLetterSent] = useState(false);
  const isSigningUp = isNew && settings.registration;
  return (
    <main class="narrow">
      <h1>{isSigningUp ? text.signUp : text.signIn}</h1>
      <p class="notice" role="status" hidden={notice === ''}>
        {notice}
      </p>
      <div class="card">
        {isSigningUp ? (
          <Form
            key="sign-up"
            action={text.signUp}
            done={isLetterSent ? text.verifyFirst : undefined}
            submit={async ({ email = '', password = '' }) =>
              setLetterSent((await auth.register({ email, password })) === null)
            }
          >
            <EmailField />
            <NewPasswordField name="password" label={text.password} />
          </Form>
        ) : (
          <Form
            key="sign-in"
            action={text.signIn}
            submit={({ email = '', password = '' }) => auth.login({ email, password })}
          >
            <EmailField />
            <PasswordField name="password" label={text.password} autocomplete="current-password" />
          </Form>
        )}
      </div>
      {!isSigningUp && (
        <p class="aside">
          <a href="/forgot-password">{text.forgotPassword}</a> ·{' '}
          <a href="/resend-email">{text.resendEmail}</a>
        </p>
      )}
      {settings.registration && (
        <p class="aside">
          {isSigningUp ? text.toSignIn : text.toSignUp}{' '}
          <a href={isSigningUp ? '#' : '#sign-up'}>{isSigningUp ? text.signIn : text.signUp}</a>
        </p>
      )}
    </main>
  );
}
