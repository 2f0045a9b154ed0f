import type { Factor } from '@tokenjar/client/factors';
import { useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { auth } from '../auth.ts';
import { factors } from '../factors.ts';
import { Field } from '../forms/fields.tsx';
import { Form } from '../forms/form.tsx';
import type { Text } from '../text/en.ts';
import { formatMoment, useLanguage, useText } from '../text/text.ts';
import { Action } from './action.tsx';
import type { CardsProps } from './factor-cards.tsx';

export const nameOf = ({ name, type }: Factor, text: Text): string =>
  name ?? (type === 'passkey' ? text.unnamedPasskey : text.authenticatorApp);

/** A factor, with what can be done to it. */
export function FactorRow({ factor, list, changed }: CardsProps & { factor: Factor }) {
  const text = useText();
  const language = useLanguage();
  const [asked, setAsked] = useState<'remove' | 'rename'>();
  const isPasskey = factor.type === 'passkey';
  const name = nameOf(factor, text);
  const close = () => setAsked(undefined);
  const on = (time: string) => formatMoment(time, language, false);
  const remove = async () => {
    await factors.remove(factor.id);
    close();
    // So that the browser offers it no longer. It is gone, whatever the browser says.
    if (isPasskey) factors.syncPasskeys().catch(() => {});
    await changed(text.removed);
  };
  const rename = async (next: string) => {
    await factors.rename(factor.id, { name: next });
    close();
    await changed(text.renamed);
  };
  return (
    <li>
      <div>
        <p class="device">{name}</p>
        <p class="hint">
          {text.added(on(factor.created_at))} ·{' '}
          {factor.last_used_at ? text.lastUsedOn(on(factor.last_used_at)) : text.neverUsed}
        </p>
      </div>
      <div class="row">
        {isPasskey && (
          <button
            disabled={auth.actor !== null}
            aria-label={text.renameOf(name)}
            onClick={() => setAsked('rename')}
          >
            {text.rename}
          </button>
        )}
        <button
          disabled={auth.actor !== null}
          aria-label={text.removeOf(name)}
          onClick={() => setAsked('remove')}
        >
          {text.remove}
        </button>
      </div>
      {asked === 'remove' && (
        <Dialog title={text.removeFactor(name)} cancel={close}>
          <p>{list.factors.length === 1 ? text.removeLastHint : text.removeHint}</p>
          <Action look="dangerous" label={text.remove} work={remove} />
          <button class="plain" onClick={close}>
            {text.cancel}
          </button>
        </Dialog>
      )}
      {asked === 'rename' && (
        <Dialog title={text.renameOf(name)} cancel={close}>
          <Form action={text.save} submit={({ name: next = '' }) => rename(next)}>
            <Field name="name" label={text.passkeyName} autocomplete="off" value={name} takesFocus />
          </Form>
          <button class="plain" onClick={close}>
            {text.cancel}
          </button>
        </Dialog>
      )}
    </li>
  );
}
