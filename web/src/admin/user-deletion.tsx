import { AuthError } from '@tokenjar/client';
import { useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import { admin, type ManagedUser } from './api.ts';
import { calledIn } from './names.ts';
import { useWords } from './text.ts';

/** Whoever deletes a user types the name: a button alone is pressed too easily. */
export function Deletion({ user, path }: { user: ManagedUser; path: string }) {
  const text = useText();
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const name = calledIn(user, words);
  const label = user.email === null ? words.typeName : words.typeAddress;
  const submit = async ({ typed = '' }: Record<string, string>) => {
    if (typed.trim().toLowerCase() !== name.toLowerCase())
      throw new AuthError({ code: 'input_invalid', errors: { typed: [label] } });
    await admin.delete(path);
    location.hash = '#users';
  };
  return (
    <>
      <button class="dangerous" onClick={() => setOpen(true)}>
        {words.deleteUser}…
      </button>
      {isOpen && (
        <Dialog title={words.deleteUser} cancel={() => setOpen(false)}>
          <p class="hint">{words.deleteHint}</p>
          <Form action={words.deleteUser} isDangerous submit={submit}>
            <Field name="typed" label={label} hint={name} autocomplete="off" takesFocus />
          </Form>
          <button class="plain" onClick={() => setOpen(false)}>
            {text.cancel}
          </button>
        </Dialog>
      )}
    </>
  );
}
