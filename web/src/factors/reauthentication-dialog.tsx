import { type FactorList, supportsPasskeys } from '@tokenjar/client/factors';
import { useEffect, useState } from 'preact/hooks';
import { type Account } from '../auth.ts';
import { Dialog } from '../dialog.tsx';
import { factors } from '../factors.ts';
import { PasswordField } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { signInNameOf } from '../names.ts';
import { providerParts } from '../providers.ts';
import { settings } from '../settings.ts';
import type { Waiting } from '../reauthentication.ts';
import { sentenceFor, useText } from '../text/text.ts';
import { Action } from './action.tsx';
import { CodeField, codeIn } from './code-field.tsx';

/** Asks who is signed in to prove it again; then what waits for it goes on. */
export function ReauthenticationDialog({ user, waiting }: { user: Account; waiting: Waiting }) {
  const text = useText();
  const [list, setList] = useState<FactorList>();
  // Without the list it is not known whether a password is enough.
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    factors.list().then(setList, setFailure);
  }, []);
  const [isByCode, setByCode] = useState(false);
  const [hasNoProvider, setNoProvider] = useState(false);
  const parts = providerParts.use();
  const types = list && new Set(list.factors.map(({ type }) => type));
  /** Whether there is no second factor, so that the first one is enough. */
  const isBare = types?.size === 0;
  const hasPassword = list?.has_password ?? true;
  const email = settings.emailCode ? user.email : null;
  const { done, cancel } = waiting;
  const hasPasskey = types?.has('passkey') && supportsPasskeys();
  const isStuck =
    (types?.has('passkey') && !types.has('totp') && !hasPasskey) ||
    (isBare && !hasPassword && !email && (!parts || hasNoProvider));
  return (
    <Dialog title={text.reauthenticate} cancel={cancel}>
      <p class="hint">{text.reauthenticateHint}</p>
      {!types && !failure && <p class="quiet">{text.loading}</p>}
      {(Boolean(failure) || isStuck) && (
        <p class="alert" role="alert">
          {isStuck ? text.noMethod : sentenceFor(failure, text)}
        </p>
      )}
      {hasPasskey && (
        <Action
          look="primary"
          label={text.usePasskey}
          work={() => factors.reauthenticate({ method: 'passkey' }).then(done)}
        />
      )}
      {types?.has('totp') && (
        <Form
          action={text.confirm}
          submit={(entered) => factors.reauthenticate({ method: 'totp', code: codeIn(entered) }).then(done)}
        >
          <CodeField takesFocus={!hasPasskey} />
        </Form>
      )}
      {isBare && settings.emailCode && (
        <p class="notice" role="status" hidden={!isByCode}>
          {isByCode && text.codeSent}
        </p>
      )}
      {isBare && isByCode && (
        <Form
          key="code"
          action={text.confirm}
          submit={(entered) =>
            factors.reauthenticate({ method: 'email_code', code: codeIn(entered) }).then(done)
          }
        >
          <CodeField label={text.codeFromEmail} takesFocus />
        </Form>
      )}
      {isBare && !isByCode && hasPassword && (
        <Form
          key="password"
          action={text.confirm}
          submit={({ password = '' }) => factors.reauthenticate({ method: 'password', password }).then(done)}
        >
          <input type="text" autocomplete="username" value={signInNameOf(user)} readOnly hidden />
          <PasswordField
            name="password"
            label={text.currentPassword}
            autocomplete="current-password"
            takesFocus
          />
        </Form>
      )}
      {isBare && !isByCode && email && !list?.has_password && (
        <Action
          look="plain"
          label={text.noPassword}
          work={() => factors.requestCode({ email }).then(() => setByCode(true))}
        />
      )}
      {isBare && parts && <parts.ReauthenticationButtons onNone={() => setNoProvider(true)} />}
      <button class="plain" onClick={cancel}>
        {text.cancel}
      </button>
    </Dialog>
  );
}
