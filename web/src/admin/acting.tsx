import { type ActingToken } from '@tokenjar/client/acting';
import { auth } from '../auth.ts';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { goHome } from '../place.ts';
import { Card } from '../sections/card.tsx';
import { admin } from './api.ts';
import { useWords } from './text.ts';

/** Goes to the account page as its user sees it, for an hour at most. The server lets nothing sensitive be done there. */
export function ActAs({ path }: { path: string }) {
  const words = useWords();
  const begin = async ({ reason = '' }: Record<string, string>) => {
    await auth.actAs(await admin.post<ActingToken>(`${path}/impersonate`, { reason }));
    goHome();
  };
  return (
    <Card title={words.actAs}>
      <p class="hint">{words.actAsHint}</p>
      <Form action={words.actAs} submit={begin}>
        <Field name="reason" label={words.reason} autocomplete="off" />
      </Form>
    </Card>
  );
}
