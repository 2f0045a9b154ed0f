import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Form } from '../forms/form.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { useTitle } from '../title.ts';

/** The fragment of the address, such as `key=…`, which browsers never send. */
export const secretsHere = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

interface LandingProps {
  title: string;
  hint: string;
  action: string;
  /** Shown after success, in place of the form. */
  done: ComponentChildren;
  submit: (entered: Record<string, string>) => Promise<unknown>;
  /** The secret in the link; without it the page can do nothing. */
  needs?: 'key' | 'token';
  /** Where to request another email, below the mount. */
  again?: string;
  children?: ComponentChildren;
}

/**
 * A page with one form. Nothing happens before its button is pressed: mail scanners open every link, some of them run
 * scripts, and they would use up a link that works by being opened.
 */
export function Landing({ title, hint, action, done, submit, needs, again, children }: LandingProps) {
  const text = useText();
  useTitle(title);
  const [isDone, setDone] = useState(false);
  const [isWhole] = useState(() => needs === undefined || Boolean(secretsHere().get(needs)));
  const said = useRef<HTMLParagraphElement>(null);
  const other =
    again !== undefined && settings.mail ? { href: settings.mount + again, label: text.askAgain } : undefined;
  useEffect(() => {
    // The focused button is gone.
    if (isDone) said.current?.focus();
  }, [isDone]);
  const send = async (entered: Record<string, string>) => {
    await submit(entered);
    // A used secret does not belong in the history.
    history.replaceState(null, '', location.pathname);
    setDone(true);
  };
  return (
    <main class="narrow">
      <h1>{title}</h1>
      <div class="card">
        {isDone ? (
          <p class="notice" role="status" tabIndex={-1} ref={said}>
            {done}
          </p>
        ) : isWhole ? (
          <>
            <p class="hint">{hint}</p>
            <Form action={action} submit={send} waysOut={other && [{ code: 'link_invalid', ...other }]}>
              {children}
            </Form>
          </>
        ) : (
          <p class="alert" role="alert">
            {text.linkIncomplete} {other && <a href={other.href}>{other.label}</a>}
          </p>
        )}
      </div>
      <p class="aside">
        <a href={`${settings.mount}/`}>{text.toAccount}</a>
      </p>
    </main>
  );
}
