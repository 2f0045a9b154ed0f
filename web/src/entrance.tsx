import { useEffect, useRef, useState } from 'preact/hooks';
import { auth } from './auth.ts';
import { EmailField, NewPasswordField, PasswordField } from './forms/fields.tsx';
import { Form } from './forms/form.tsx';
import { settings } from './settings.ts';
import { useText } from './text/text.ts';
import { useTitle } from './title.ts';

/** Shown to visitors who are not signed in. */
export function Entrance({ isNew, notice }: { isNew: boolean; notice: string }) {
  const text = useText();
  const [isEmailSent, setEmailSent] = useState(false);
  const isSigningUp = isNew && settings.registration;
  useTitle(isSigningUp ? text.signUp : text.signIn);
  const heading = useRef<HTMLHeadingElement>(null);
  // A message about the last session is outdated once the user tries again.
  const [isTried, setTried] = useState(false);
  const said = isTried ? '' : notice;
  useEffect(() => {
    // The element that had the focus, such as the sign-out button, is gone.
    if (notice !== '') heading.current?.focus();
  }, [notice]);
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        {isSigningUp ? text.signUp : text.signIn}
      </h1>
      <p class="notice" role="status" hidden={said === ''}>
        {said}
      </p>
      <div class="card">
        {isSigningUp ? (
          <Form
            key="sign-up"
            action={text.signUp}
            done={isEmailSent ? text.verifyFirst : undefined}
            submit={async ({ email = '', password = '' }) => {
              setTried(true);
              setEmailSent((await auth.register({ email, password })) === null);
            }}
          >
            <EmailField />
            <NewPasswordField name="password" label={text.password} />
          </Form>
        ) : (
          <Form
            key="sign-in"
            action={text.signIn}
            waysOut={
              settings.mail
                ? [
                    {
                      code: 'email_not_verified',
                      href: `${settings.mount}/resend-email`,
                      label: text.askAgain,
                    },
                    { code: 'rate_limited', href: `${settings.mount}/unlock`, label: text.toUnlock },
                  ]
                : undefined
            }
            submit={({ email = '', password = '' }) => {
              setTried(true);
              return auth.login({ email, password });
            }}
          >
            <EmailField />
            <PasswordField name="password" label={text.password} autocomplete="current-password" />
          </Form>
        )}
      </div>
      {!isSigningUp && settings.mail && (
        <p class="aside">
          <a href={`${settings.mount}/forgot-password`}>{text.forgotPassword}</a>
          {settings.verification && (
            <>
              {' · '}
              <a href={`${settings.mount}/resend-email`}>{text.resendEmail}</a>
            </>
          )}
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
