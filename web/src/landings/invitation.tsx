import { type PendingLogin, pendingLogin } from '@tokenjar/client/factors';
import { useState } from 'preact/hooks';
import { account } from '../account.ts';
import { EmailField, NewPasswordField, UsernameField } from '../forms/fields.tsx';
import { goHome } from '../place.ts';
import { pageAt } from '../return-to.ts';
import { settings } from '../settings.ts';
import { SecondFactorStep } from '../sign-in/second-factor.tsx';
import { useText } from '../text/text.ts';
import { Landing, secretsHere } from './landing.tsx';

/** The target of an invitation. Only a person types a password; whoever tries the server out names an address too. */
export function Invitation() {
  const text = useText();
  const [pending, setPending] = useState<PendingLogin>();
  const [choosesEmail] = useState(() => secretsHere().get('choose') === 'email');
  if (pending)
    return (
      <SecondFactorStep
        pending={pending}
        goOn={setPending}
        done={goHome}
        leave={() => location.replace(pageAt('/'))}
      />
    );
  return (
    <Landing
      title={text.acceptInvitation}
      hint={text.acceptInvitationHint}
      action={text.acceptInvitation}
      done={text.invitationAccepted}
      needs="key"
      submit={async ({ email, username, password = '' }) => {
        const names = { ...(choosesEmail && { email }), ...(username && { username }) };
        const input = { key: secretsHere().get('key') ?? '', password, ...names };
        try {
          await account.acceptInvitation(input);
          goHome();
        } catch (error) {
          const next = pendingLogin(error);
          if (!next) throw error;
          // A used secret does not belong in the history.
          history.replaceState(null, '', location.pathname + location.search);
          setPending(next);
        }
      }}
    >
      {choosesEmail && <EmailField />}
      {settings.signInWith !== 'email' && (
        <UsernameField hint={text.usernameHint} isOptional={settings.signInWith === 'both'} />
      )}
      <NewPasswordField name="password" label={text.newPassword} />
    </Landing>
  );
}
