import type { PendingLogin } from '@tokenjar/client/factors';
import { useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { CodeField, codeIn } from '../factors/code-field.tsx';
import { factors } from '../factors.ts';
import { EmailField, RememberField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { orPending } from './pending.ts';

/** Signing in with a code that comes by email, instead of a password. */
export function CodeLogin({ goOn }: { goOn: (pending: PendingLogin) => void }) {
  const text = useText();
  const [asked, setAsked] = useState<{ email: string; remember: boolean }>();
  if (!asked)
    return (
      <Form
        key="email"
        action={text.sendCode}
        submit={async ({ email = '', remember }) => {
          const input = { email, remember: remember === 'on' };
          await factors.requestCode(input);
          setAsked(input);
        }}
      >
        <p class="hint">{text.codeSignInHint}</p>
        <EmailField />
        <RememberField />
      </Form>
    );
  return (
    <>
      <p class="notice" role="status">
        {text.codeSent}
      </p>
      <Form
        key="code"
        action={text.signIn}
        submit={(entered) => orPending(goOn, () => factors.confirmCode({ code: codeIn(entered) }))}
      >
        <CodeField label={text.codeFromEmail} isNumeric={false} takesFocus />
      </Form>
      <Action look="plain" label={text.sendCodeAgain} work={() => factors.requestCode(asked)} />
    </>
  );
}
