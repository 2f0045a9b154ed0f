import { type PendingLogin, supportsAutofill, supportsPasskeys } from '@tokenjar/client/factors';
import { useEffect, useState } from 'preact/hooks';
import { auth } from '../auth.ts';
import { Action } from '../factors/action.tsx';
import { factors } from '../factors.ts';
import { NameField, PasswordField, RememberField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { namesIn } from '../names.ts';
import { providerParts } from '../providers.ts';
import { pageAt } from '../return-to.ts';
import { settings } from '../settings.ts';
import { sentenceFor, useText } from '../text/text.ts';
import { orPending } from './pending.ts';

interface PasswordLoginProps {
  goOn: (pending: PendingLogin) => void;
  /** Somebody tries to sign in. */
  tried: () => void;
}

/** Name and password; or a passkey, from a button or from the autofill of the name. */
export function PasswordLogin({ goOn, tried }: PasswordLoginProps) {
  const text = useText();
  const parts = providerParts.use();
  const [remember, setRemember] = useState(true);
  const [attempts, setAttempts] = useState(0);
  const [failure, setFailure] = useState<unknown>();
  const hasPasskeys = settings.passkeys && supportsPasskeys();
  useEffect(() => {
    if (!hasPasskeys) return;
    const closing = new AbortController();
    const { signal } = closing;
    const offer = () =>
      orPending(goOn, () => factors.signInWithPasskey({ mediation: 'conditional', signal, remember }));
    void supportsAutofill().then((isSupported) => {
      if (!isSupported || signal.aborted) return;
      offer().catch((error: { code?: string }) => {
        // Whoever chose no passkey is told nothing.
        if (error.code !== 'passkey_invalid') return;
        setFailure(error);
        setAttempts((count) => count + 1);
      });
    });
    return () => closing.abort();
  }, [remember, attempts]);
  const usePasskey = async () => {
    tried();
    setFailure(undefined);
    try {
      await orPending(goOn, () => factors.signInWithPasskey({ remember }));
    } catch (error) {
      // The offer of the autofill was called off for it.
      setAttempts((count) => count + 1);
      throw error;
    }
  };
  const waysOut = [
    { code: 'email_not_verified', href: pageAt('/resend-email'), label: text.askAgain },
    { code: 'rate_limited', href: pageAt('/unlock'), label: text.toUnlock },
  ];
  return (
    <>
      <Form
        key="sign-in"
        action={text.signIn}
        waysOut={settings.mail ? waysOut : undefined}
        submit={({ password = '', ...entered }) => {
          tried();
          setFailure(undefined);
          return orPending(goOn, () => auth.login({ ...namesIn(entered), password, remember }));
        }}
      >
        <NameField autocomplete={hasPasskeys ? 'username webauthn' : 'username'} />
        <PasswordField name="password" label={text.password} autocomplete="current-password" />
        <RememberField told={setRemember} />
      </Form>
      {hasPasskeys && (
        <>
          <p class="alert" role="alert" hidden={!failure}>
            {Boolean(failure) && sentenceFor(failure, text)}
          </p>
          <Action label={text.passkeySignIn} work={usePasskey} />
        </>
      )}
      {parts && <parts.ProviderButtons remember={remember} />}
    </>
  );
}
