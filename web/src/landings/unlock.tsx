import { useState } from 'preact/hooks';
import { account } from '../account.ts';
import { EmailField } from '../forms/fields.tsx';
import { pageAt } from '../return-to.ts';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { Landing, secretsHere } from './landing.tsx';

/**
 * The target of the email about a locked account: it makes this browser known to the account. Without a key, or with a
 * used one, another email can be requested here.
 */
export function Unlock() {
  const text = useText();
  // Read once, because it is removed from the address when it is used.
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
      isForPeople
      submit={({ email }) => account.unlock({ key: key ?? '', email })}
    >
      {settings.mail && (
        <p class="hint">
          {/* A full page load removes the key from the address. */}
          <a href={pageAt('/unlock')}>{text.unlockAgain}</a>
        </p>
      )}
    </Landing>
  );
}
