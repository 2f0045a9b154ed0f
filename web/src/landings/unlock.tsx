import { useState } from 'preact/hooks';
import { account } from '../account.ts';
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
  if (key === null && settings.mail)
    return (
      <Landing
        title={text.unlock}
        hint={text.askUnlockHint}
        action={text.askUnlock}
        done={text.emailSent}
        submit={({ email = '' }) => account.requestUnlock({ email })}
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
      needs="key"
      submit={() => account.unlock({ key: key ?? '' })}
    >
      {settings.mail && (
        <p class="hint">
          {/* Another document, so that the key is gone from the address. */}
          <a href={`${settings.mount}/unlock`}>{text.unlockAgain}</a>
        </p>
      )}
    </Landing>
  );
}
