import { AuthError } from '@tokenjar/client';
import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { EmailField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { hasPerson } from '../people.ts';
import { pageAt } from '../return-to.ts';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { useTitle } from '../title.ts';

/** The fragment of the address, such as `key=…`, which browsers never send. */
export const secretsHere = (): URLSearchParams => new URLSearchParams(location.hash.slice(1));

/** Errors that another email helps with. */
const DEAD = ['link_invalid', 'link_or_address_wrong'];

interface LandingProps {
  title: string;
  hint: string;
  action: string;
  /** Shown after success, in place of the form. */
  done: ComponentChildren;
  submit: (entered: Record<string, string>) => Promise<unknown>;
  /** The secret in the link; without it the page can do nothing. */
  needs?: 'key' | 'token';
  /** Whether the address has to be typed too, unless a person is known to use this browser. */
  isForPeople?: boolean;
  /** Where to request another email, below the mount. */
  again?: string;
  children?: ComponentChildren;
}

/**
 * A page with one form. Nothing happens before its button is pressed: mail scanners open every link, some of them run
 * scripts, and they would use up a link that works by being opened. Some press buttons too: what a press alone would
 * carry out is `isForPeople`.
 */
export function Landing({
  title,
  hint,
  action,
  done,
  submit,
  needs,
  isForPeople = false,
  again,
  children,
}: LandingProps) {
  const text = useText();
  useTitle(title);
  const [isDone, setDone] = useState(false);
  const [isWhole] = useState(() => needs === undefined || Boolean(secretsHere().get(needs)));
  const [mustType] = useState(() => isForPeople && !hasPerson());
  const said = useRef<HTMLParagraphElement>(null);
  const other =
    again !== undefined && settings.mail ? { href: pageAt(again), label: text.askAgain } : undefined;
  useEffect(() => {
    // The focused button is gone.
    if (isDone) said.current?.focus();
  }, [isDone]);
  const send = async (entered: Record<string, string>) => {
    try {
      await submit(entered);
    } catch (error) {
      const isEither = mustType && error instanceof AuthError && error.code === 'link_invalid';
      throw isEither ? new AuthError({ code: 'link_or_address_wrong' }) : error;
    }
    // A used secret does not belong in the history.
    history.replaceState(null, '', location.pathname + location.search);
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
            <Form action={action} submit={send} waysOut={other && DEAD.map((code) => ({ code, ...other }))}>
              {mustType && <EmailField label={text.typeAddress} />}
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
        <a href={pageAt('/')}>{text.toAccount}</a>
      </p>
    </main>
  );
}
