import { type PendingLogin } from '@tokenjar/client/factors';
import { useEffect, useRef, useState } from 'preact/hooks';
import { auth } from './auth.ts';
import { settings } from './settings.ts';
import { CodeLogin } from './sign-in/code-login.tsx';
import { PasswordLogin } from './sign-in/password-login.tsx';
import { orPending } from './sign-in/pending.ts';
import { SecondStep } from './sign-in/second-step.tsx';
import { EmailField, NewPasswordField } from './forms/fields.tsx';
import { Form } from './forms/form.tsx';
import { useText } from './text/text.ts';
import { useTitle } from './title.ts';

/** For somebody who is not signed in. */
export function Entrance({ hash, notice }: { hash: string; notice: string }) {
  const [pending, setPending] = useState<PendingLogin>();
  const [left, setLeft] = useState<string>();
  const leave = (why: string) => {
    setPending(undefined);
    setLeft(why);
  };
  if (pending) return <SecondStep pending={pending} goOn={setPending} leave={leave} />;
  return <Forms hash={hash} notice={left ?? notice} goOn={setPending} />;
}

interface FormsProps {
  hash: string;
  notice: string;
  /** The sign-in lacks a step. */
  goOn: (pending: PendingLogin) => void;
}

function Forms({ hash, notice, goOn }: FormsProps) {
  const text = useText();
  const [isEmailSent, setEmailSent] = useState(false);
  const isSigningUp = hash === '#sign-up' && settings.registration;
  const isByCode = hash === '#code' && settings.emailCode;
  const title = isSigningUp ? text.signUp : isByCode ? text.codeSignIn : text.signIn;
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  // What was said of the last session is old once somebody tries again.
  const [isTried, setTried] = useState(false);
  const said = isTried ? '' : notice;
  const isFirst = useRef(true);
  useEffect(() => {
    // Another form has come, and the link to it may lead elsewhere now.
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [isSigningUp, isByCode]);
  useEffect(() => {
    // What had the focus, such as the button that signs out, is gone.
    if (notice !== '') heading.current?.focus();
  }, [notice]);
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        {title}
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
            submit={({ email = '', password = '' }) => {
              setTried(true);
              return orPending(goOn, async () =>
                setEmailSent((await auth.register({ email, password })) === null),
              );
            }}
          >
            <EmailField />
            <NewPasswordField name="password" label={text.password} />
          </Form>
        ) : isByCode ? (
          <CodeLogin goOn={goOn} />
        ) : (
          <PasswordLogin goOn={goOn} tried={() => setTried(true)} />
        )}
      </div>
      {!isSigningUp && settings.mail && (
        <p class="aside">
          {settings.emailCode && (
            <>
              <a href={isByCode ? '#' : '#code'}>{isByCode ? text.withPassword : text.toCodeSignIn}</a>
              {' · '}
            </>
          )}
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
