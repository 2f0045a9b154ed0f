import { type Account, auth } from '../auth.ts';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { Card } from './card.tsx';
import { OwnPassword } from './own-password.tsx';

export function AccountDeletion({ user }: { user: Account }) {
  const text = useText();
  return (
    <Card title={text.deleteAccount}>
      <p class="hint">{text.deleteAccountHint}</p>
      <details class="grave">
        <summary>{text.deleteAccount}…</summary>
        <Form
          action={text.deleteForGood}
          isDangerous
          submit={({ password }) => auth.deleteAccount({ password })}
        >
          <OwnPassword user={user} />
        </Form>
      </details>
    </Card>
  );
}
