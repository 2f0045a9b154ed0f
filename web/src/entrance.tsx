import type { AuthError } from '@tokenjar/client';
import { type PendingLogin } from '@tokenjar/client/factors';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useArrival } from './arrival.ts';
import { auth } from './auth.ts';
import { factors } from './factors.ts';
import { namesIn } from './names.ts';
import { providerParts } from './providers.ts';
import { pageAt } from './return-to.ts';
import { settings } from './settings.ts';
import { CodeLogin } from './sign-in/code-login.tsx';
import { PasswordLogin } from './sign-in/password-login.tsx';
import { orPending } from './sign-in/pending.ts';
import { SecondFactorStep } from './sign-in/second-factor.tsx';
import { NewNameFields, NewPasswordField } from './forms/fields.tsx';
import { Form } from './forms/form.tsx';
import { sentenceFor, useText } from './text/text.ts';
import { useTitle } from './title.ts';

/** For somebody who is not signed in. */
export function Entrance({ hash, notice }: { hash: string; notice: string }) {
  const came = useArrival();
  const parts = providerParts.use();
  const [pending, setPending] = useState(came.pending);
  const [needsAddress, setNeedsAddress] = useState(came.needsAddress);
  const [failure, setFailure] = useState(came.failure);
  const [left, setLeft] = useState<string>();
  const leave = (why: string) => {
    setPending(undefined);
    setLeft(why);
  };
  const giveUp = (why?: AuthError) => {
    setNeedsAddress(false);
    setFailure(why);
  };
  if (needsAddress && parts && !pending) return <parts.AddressRequest goOn={setPending} leave={giveUp} />;
  if (pending) return <SecondFactorStep pending={pending} goOn={setPending} leave={leave} />;
  return <Forms hash={hash} notice={left ?? notice} failure={failure} goOn={setPending} />;
}

interface FormsProps {
  hash: string;
  notice: string;
  /** Why a provider did not sign anybody in. */
  failure: AuthError | undefined;
  /** The sign-in lacks a step. */
  goOn: (pending: PendingLogin) => void;
}

function Forms({ hash, notice, failure, goOn }: FormsProps) {
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
  const parts = providerParts.use();
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
      {failure && !isTried && (
        <p class="alert" role="alert">
          {sentenceFor(failure, text)}
        </p>
      )}
      <div class="card">
        {isSigningUp ? (
          <>
            <Form
              key="sign-up"
              action={text.signUp}
              done={isEmailSent ? text.verifyFirst : undefined}
              submit={({ password = '', ...entered }) => {
                setTried(true);
                return orPending(goOn, async () =>
                  setEmailSent((await auth.register({ ...namesIn(entered), password })) === null),
                );
              }}
            >
              <NewNameFields />
              <NewPasswordField name="password" label={text.password} />
            </Form>
            {parts && <parts.ProviderButtons />}
          </>
        ) : isByCode ? (
          <CodeLogin
            goOn={goOn}
            hint={text.codeSignInHint}
            sent={text.codeSent}
            request={factors.requestCode}
            confirm={factors.confirmCode}
            hasRemember
          />
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
          <a href={pageAt('/forgot-password')}>{text.forgotPassword}</a>
          {settings.verification && (
            <>
              {' · '}
              <a href={pageAt('/resend-email')}>{text.resendEmail}</a>
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
