import { AuthError } from '@tokenjar/client';
import type { PendingLogin } from '@tokenjar/client/factors';
import { useEffect, useRef } from 'preact/hooks';
import { CodeLogin } from '../sign-in/code-login.tsx';
import { useText } from '../text/text.ts';
import { useTitle } from '../title.ts';
import { providers } from './api.ts';

interface AddressRequestProps {
  goOn: (pending: PendingLogin) => void;
  /** Back to the form. @param failure why. */
  leave: (failure?: AuthError) => void;
}

/** Asks for an address that the provider did not give, and confirms it by a code. */
export function AddressRequest({ goOn, leave }: AddressRequestProps) {
  const text = useText();
  useTitle(text.addressMissing);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  /** What ends it goes along to the form. */
  const orLeave = <Input,>(work: (input: Input) => Promise<unknown>, isOver: RegExp) => {
    return (input: Input) =>
      work(input).catch((error: unknown) => {
        if (!(error instanceof AuthError && isOver.test(error.code))) throw error;
        leave(error);
      });
  };
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        {text.addressMissing}
      </h1>
      <div class="card">
        <CodeLogin
          goOn={goOn}
          hint={text.addressMissingHint}
          sent={text.addressCodeSent}
          request={orLeave(providers.requestCode, /^login_expired$/)}
          confirm={orLeave(providers.confirmCode, /^(account_exists|registration_closed)$/)}
        />
      </div>
      <p class="aside">
        <button class="plain" onClick={() => leave()}>
          {text.backToSignIn}
        </button>
      </p>
    </main>
  );
}
