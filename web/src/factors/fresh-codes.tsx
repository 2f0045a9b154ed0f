import { useEffect, useRef, useState } from 'preact/hooks';
import { onOtherUser } from '../auth.ts';
import { Form } from '../forms/form.tsx';
import { settings } from '../settings.ts';
import { createStore } from '../store.ts';
import { useText } from '../text/text.ts';
import { useTitle } from '../title.ts';

/** Recovery codes that have to be saved before the page goes on: nobody can show them again. */
export const freshCodes = createStore<readonly string[] | undefined>(undefined);
onOtherUser(() => freshCodes.set(undefined));

export function FreshCodes({ codes }: { codes: readonly string[] }) {
  const text = useText();
  useTitle(text.saveCodes);
  const heading = useRef<HTMLHeadingElement>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    heading.current?.focus();
    // Closing the tab would lose them.
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, []);
  const list = codes.join('\n');
  return (
    <main class="narrow">
      <h1 ref={heading} tabIndex={-1}>
        {text.saveCodes}
      </h1>
      <div class="card">
        <p class="hint">{text.saveCodesHint}</p>
        <ol class="codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div class="row">
          {/* A page over http has no clipboard. */}
          {'clipboard' in navigator && (
            <button
              onClick={() => void navigator.clipboard.writeText(list).then(() => setSaid(text.codesCopied))}
            >
              {text.copyCodes}
            </button>
          )}
          <button onClick={() => print()}>{text.printCodes}</button>
          <button onClick={() => download(`${settings.siteName} ${text.recoveryCodes}`, list)}>
            {text.downloadCodes}
          </button>
          <span class="hint" role="status">
            {said}
          </span>
        </div>
        <Form
          action={text.verify}
          submit={() => {
            freshCodes.set(undefined);
            return Promise.resolve();
          }}
        >
          <label class="check">
            <input type="checkbox" name="saved" required />
            {text.codesSaved}
          </label>
        </Form>
      </div>
    </main>
  );
}

function download(title: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${title}\n\n${text}\n`], { type: 'text/plain' }));
  link.download = `${title}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}
