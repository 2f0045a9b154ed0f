import { factors } from '../factors.ts';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import { useText } from '../text/text.ts';
import type { CardsProps } from './factor-cards.tsx';
import { freshCodes } from './fresh-codes.tsx';

/** Adds a passkey of this device, or of one that the browser offers. */
export function NewPasskey({ changed }: Pick<CardsProps, 'changed'>) {
  const text = useText();
  const add = async ({ name = '' }: Record<string, string>) => {
    const { recovery_codes } = await factors.addPasskey({ name: name.trim() || undefined });
    if (recovery_codes) freshCodes.set(recovery_codes);
    else await changed(text.passkeyAdded);
  };
  return (
    <details>
      <summary>{text.addPasskey}…</summary>
      <Form action={text.addPasskey} submit={add}>
        <Field
          name="name"
          label={text.passkeyName}
          hint={text.passkeyNameHint}
          autocomplete="off"
          isOptional
        />
      </Form>
    </details>
  );
}
