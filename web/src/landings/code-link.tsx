import { AuthError } from '@tokenjar/client';
import { type PendingLogin, pendingLogin } from '@tokenjar/client/factors';
import { useState } from 'preact/hooks';
import { factors } from '../factors.ts';
import { goHome } from '../place.ts';
import { pageAt } from '../return-to.ts';
import { SecondFactorStep } from '../sign-in/second-factor.tsx';
import { useText } from '../text/text.ts';
import { Landing, secretsHere } from './landing.tsx';

/**
 * Where the link of a mailed code leads. In the browser that asked for it, its button signs in. Elsewhere it shows the
 * code to type there, and signs nobody in: neither a mail scanner that presses it nor whoever was sent the email on.
 */
export function CodeLink() {
  const text = useText();
  const [code, setCode] = useState<string>();
  const [pending, setPending] = useState<PendingLogin>();
  if (pending)
    return (
      <SecondFactorStep
        pending={pending}
        goOn={setPending}
        done={goHome}
        leave={() => location.replace(pageAt('/'))}
      />
    );
  return (
    <Landing
      title={text.codeLink}
      hint={text.codeLinkHint}
      action={text.codeLink}
      done={
        code === undefined ? (
          text.codeUsed
        ) : (
          <>
            {text.codeHere}: <code class="secret">{code}</code>
            <br />
            {text.codeHereHint}
          </>
        )
      }
      needs="key"
      again="/#code"
      submit={async () => {
        const key = secretsHere().get('key') ?? '';
        try {
          await factors.confirmCode({ key });
        } catch (error) {
          const next = pendingLogin(error);
          if (next) return setPending(next);
          // Another browser has no login that waits for it, or one that is not this one.
          if (!(error instanceof AuthError && /^(login_expired|code_wrong)$/.test(error.code))) throw error;
          setCode(await factors.showCode({ key }));
        }
      }}
    />
  );
}
