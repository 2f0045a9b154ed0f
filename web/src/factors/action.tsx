import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { auth } from '../auth.ts';
import { sentenceFor, useText } from '../text/text.ts';

interface ActionProps {
  /** What its button says; and what it is called, where that says too little. */
  label: string;
  name?: string;
  look?: 'primary' | 'dangerous' | 'plain';
  work: () => Promise<unknown>;
  children?: ComponentChildren;
}

/** A button that does one thing at a time, and says what went wrong. Nobody presses one for somebody else. */
export function Action({ label, name, look, work, children }: ActionProps) {
  const text = useText();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const act = () => {
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    work()
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      <button
        type="button"
        disabled={auth.actor !== null}
        class={look}
        aria-label={name}
        aria-disabled={isBusy}
        onClick={act}
      >
        {isBusy ? text.busy : label}
      </button>
      {children}
    </>
  );
}
