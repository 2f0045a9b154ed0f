import type { TotpSetup as Setup } from '@tokenjar/client/factors';
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { CodeField, codeIn } from './code-field.tsx';

interface TotpSetupProps {
  setup: Setup;
  confirm: (code: string) => Promise<unknown>;
}

/** Shows an authenticator app its secret, and takes the first code of it. */
export function TotpSetup({ setup: { secret, uri }, confirm }: TotpSetupProps) {
  const text = useText();
  const [QrCode, setQrCode] = useState<FunctionComponent<{ value: string; label: string }>>();
  useEffect(() => {
    // Few need it, so it is loaded here. Without it, there is still the secret.
    import('./qr-code.tsx').then(
      (module) => setQrCode(() => module.default),
      () => {},
    );
  }, []);
  return (
    <>
      <p class="hint">{text.scan}</p>
      {QrCode ? <QrCode value={uri} label={text.qrCode} /> : <div class="qr" />}
      <details>
        <summary>{text.cantScan}</summary>
        <div class="below">
          <p class="hint">{text.typeSecret}</p>
          <code class="secret">{secret.match(/.{1,4}/g)?.join(' ')}</code>
          <a href={uri}>{text.openApp}</a>
        </div>
      </details>
      <Form action={text.confirmApp} submit={(entered) => confirm(codeIn(entered))}>
        <CodeField takesFocus />
      </Form>
    </>
  );
}
