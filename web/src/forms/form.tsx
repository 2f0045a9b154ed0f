import { AuthError } from '@tokenjar/client';
import { type ComponentChildren, createContext } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { auth } from '../auth.ts';
import { noteTyping } from '../people.ts';
import type { Text } from '../text/en.ts';
import { sentenceFor, useText } from '../text/text.ts';

/** Maps each field to its error. */
export const FieldErrors = createContext<Record<string, string>>({});

/** A link to another page, for an error code. */
export interface WayOut {
  code: string;
  href: string;
  label: string;
}

interface FormProps {
  /** The label of the button. */
  action: string;
  isDangerous?: boolean;
  /** Sends the values by field name; errors are shown. */
  submit: (entered: Record<string, string>) => Promise<unknown>;
  /** Links shown with errors, by code. */
  waysOut?: readonly WayOut[] | undefined;
  /** Shown after success, if the form stays. */
  done?: string | undefined;
  children: ComponentChildren;
}

/**
 * Submits once at a time, and shows errors beside the field that they are about, otherwise above the button. Nobody
 * submits one for somebody else.
 */
export function Form({ action, isDangerous, submit, waysOut = [], done, children }: FormProps) {
  const text = useText();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<unknown>();
  const [state, setState] = useState<'ready' | 'busy' | 'done'>('ready');
  const { fields, rest } = sorted(failure, form.current, text);
  const wayOut = waysOut.find(({ code }) => failure instanceof AuthError && failure.code === code);

  useEffect(() => {
    // Moves the focus to what has to be corrected, for users who cannot see it.
    if (failure) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [failure]);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const element = form.current;
    if (!element || state === 'busy') return;
    setState('busy');
    setFailure(undefined);
    const entered = Object.fromEntries(
      [...new FormData(element)].map(([name, value]) => [name, typeof value === 'string' ? value : '']),
    );
    try {
      await submit(entered);
      if (hasTyped(element)) noteTyping();
      setState('done');
      element.reset();
    } catch (thrown) {
      setFailure(thrown);
      setState('ready');
    }
  }

  if (auth.actor) return <p class="quiet">{text.actingRefused}</p>;
  return (
    <FieldErrors.Provider value={fields}>
      <form ref={form} method="post" onSubmit={(event) => void send(event)} aria-busy={state === 'busy'}>
        {children}
        <p class="alert" role="alert" hidden={rest === ''}>
          {rest}
          {wayOut && (
            <>
              {' '}
              <a href={wayOut.href}>{wayOut.label}</a>
            </>
          )}
        </p>
        <p class="notice" role="status" hidden={state !== 'done' || done === undefined}>
          {state === 'done' && done}
        </p>
        <button class={isDangerous ? 'dangerous' : 'primary'} aria-disabled={state === 'busy'}>
          {state === 'busy' ? text.busy : action}
        </button>
      </form>
    </FieldErrors.Provider>
  );
}

/** A checkbox or a hidden field is no typing. */
const hasTyped = (form: HTMLFormElement): boolean =>
  [...form.querySelectorAll<HTMLInputElement>('input:not([type=checkbox], [hidden])')].some(
    ({ value }) => value !== '',
  );

/** These are about the one code of a form. */
const WRONG_CODE = /^(second_factor|code)_wrong$/;

/** The errors by field, and the error that is about no field. */
function sorted(failure: unknown, form: HTMLFormElement | null, text: Text) {
  const fields: Record<string, string> = {};
  if (failure === undefined) return { fields, rest: '' };
  const sentence = sentenceFor(failure, text);
  if (!(failure instanceof AuthError)) return { fields, rest: sentence };
  const has = (name: string) => Boolean(form?.elements.namedItem(name));
  const { code, errors } = failure;
  // For a signed-in user whose form only contains a password, only that can be wrong.
  if (code === 'bad_credentials' && !has('email') && !has('username'))
    fields[has('old_password') ? 'old_password' : 'password'] = text.wrongPassword;
  if (has('code') && WRONG_CODE.test(code)) fields.code = sentence;
  const others: string[] = [];
  for (const [name, sentences] of Object.entries(errors)) {
    // The code of a refused password is about a single field, and the page has a better message for it.
    if (has(name)) fields[name] ??= code.startsWith('password_') ? sentence : sentences.join(' ');
    else others.push(...sentences);
  }
  const isPlaced = Object.keys(fields).length > 0;
  return { fields, rest: others.length > 0 ? others.join(' ') : isPlaced ? '' : sentence };
}

/** The IDs of a field and of the text below it. */
export const useIds = () => ({ field: useId(), hint: useId() });
