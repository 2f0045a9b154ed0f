import { AuthError, type Body } from '@tokenjar/client';
import { useState } from 'preact/hooks';
import { dialect } from '../auth.ts';
import { EmailField } from '../forms/fields.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Landing, secretsHere } from './landing.tsx';

/**
 * Where the e-mail about an account lock leads: afterwards the account knows this browser. Without a key, or once it is
 * used up, another e-mail can be asked for here.
 */
export function Unlock() {
  const text = useText();
  // Read once: the address loses it when it is used.
  const [key] = useState(() => secretsHere().get('key'));
  if (key === null)
    return (
      <Landing
        title={text.unlock}
        hint={text.askUnlockHint}
        action={text.askUnlock}
        done={text.letterSent}
        submit={({ email = '' }) => post('/login/unlock/resend', { email })}
      >
        <EmailField />
      </Landing>
    );
  return (
    <Landing
      title={text.unlock}
      hint={text.unlockHint}
      action={text.unlock}
      done={text.unlocked}
      submit={() => post('/login/unlock', { key })}
    >
      <p class="hint">
        {/* Another document, so that the key is gone from the address. */}
        <a href="/unlock">{text.unlockAgain}</a>
      </p>
    </Landing>
  );
}

/** @throws {AuthError} for anything but a success. */
async function post(path: string, json: object): Promise<void> {
  const response = await fetch(settings.baseUrl + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(json),
  }).catch((cause: unknown) => {
    throw new AuthError({ cause });
  });
  if (response.ok) return;
  const body = (await response.json().catch(() => ({}))) as Body;
  const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
  throw new AuthError(dialect.problem(body), response.status, retryAfter);
}
