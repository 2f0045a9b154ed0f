import { AuthError } from '@tokenjar/client';
import type { PendingLogin } from '@tokenjar/client/factors';
import { useRef, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { CodeField, codeIn } from '../factors/code-field.tsx';
import { EmailField, RememberField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { orPending } from './pending.ts';

interface CodeLoginProps {
  goOn: (pending: PendingLogin) => void;
  /** What the code is for; and what is said when it was sent. */
  hint: string;
  sent: string;
  request: (input: { email: string; remember?: boolean }) => Promise<unknown>;
  confirm: (input: { code: string }) => Promise<unknown>;
  hasRemember?: boolean;
}

/** Signing in with a code that comes by email, instead of a password or after a provider. */
export function CodeLogin({ goOn, hint, sent, request, confirm, hasRemember = false }: CodeLoginProps) {
  const text = useText();
  const [asked, setAsked] = useState<{ email: string; remember?: boolean }>();
  const [said, setSaid] = useState('');
  const form = useRef<HTMLDivElement>(null);
  const enter = async (entered: Record<string, string>) => {
    try {
      await orPending(goOn, () => confirm({ code: codeIn(entered) }));
    } catch (error) {
      const isOver = error instanceof AuthError && error.code === 'login_expired';
      throw isOver ? new AuthError({ code: 'code_expired' }) : error;
    }
  };
  return (
    <>
      {/* It is there before it says something, as screen readers expect. */}
      <p class="notice" role="status" hidden={said === ''}>
        {said}
      </p>
      {!asked ? (
        <Form
          key="email"
          action={text.sendCode}
          submit={async ({ email = '', remember }) => {
            const input = { email, ...(hasRemember && { remember: remember === 'on' }) };
            await request(input);
            setAsked(input);
            setSaid(sent);
          }}
        >
          <p class="hint">{hint}</p>
          <EmailField />
          {hasRemember && <RememberField />}
        </Form>
      ) : (
        <div ref={form}>
          <Form key="code" action={text.signIn} submit={enter}>
            <CodeField label={text.codeFromEmail} takesFocus />
          </Form>
          <Action
            look="plain"
            label={text.sendCodeAgain}
            work={async () => {
              await request(asked);
              setSaid(text.codeSentAgain);
              form.current?.querySelector('input')?.focus();
            }}
          />
        </div>
      )}
    </>
  );
}
