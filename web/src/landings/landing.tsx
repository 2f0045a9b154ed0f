import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';

/** What stands behind the # of the address, such as `key=…`: a browser sends it to nobody. */
export const secretsHere = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

interface LandingProps {
  title: string;
  hint: string;
  action: string;
  /** Said after success, in place of the form. */
  done: string;
  submit: (entered: Record<string, string>) => Promise<unknown>;
  children?: ComponentChildren;
}

/**
 * A page of one form. Nothing happens before its button is pressed: mail scanners open every link, some of them with
 * scripts and all, and would use up one that works by being opened.
 */
export function Landing({ title, hint, action, done, submit, children }: LandingProps) {
  const text = useText();
  const [isDone, setDone] = useState(false);
  const send = async (entered: Record<string, string>) => {
    await submit(entered);
    // A secret that is used up has no place in the history.
    history.replaceState(null, '', location.pathname);
    setDone(true);
  };
  return (
    <main class="narrow">
      <h1>{title}</h1>
      <div class="card">
        {isDone ? (
          <p class="notice" role="status">
            {done}
          </p>
        ) : (
          <>
            <p class="hint">{hint}</p>
            <Form action={action} submit={send}>
              {children}
            </Form>
          </>
        )}
      </div>
      <p class="aside">
        <a href="/">{text.toAccount}</a>
      </p>
    </main>
  );
}
