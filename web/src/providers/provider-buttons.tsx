import { useState } from 'preact/hooks';
import { settings } from '../settings.ts';
import { sentenceFor, useText } from '../text/text.ts';
import { providers } from './api.ts';
import { Mark } from './marks.tsx';

/** A button for each provider, with the mark, the colours and the words that it asks for. */
export function ProviderButtons({ remember }: { remember?: boolean }) {
  const text = useText();
  const [busy, setBusy] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const leave = (id: string) => {
    if (busy !== undefined) return;
    setBusy(id);
    setFailure(undefined);
    providers
      .signInWith(id, { remember })
      .catch(setFailure)
      .finally(() => setBusy(undefined));
  };
  return (
    <>
      <p class="or">
        <span>{text.or}</span>
      </p>
      <p class="alert" role="alert" hidden={!failure}>
        {Boolean(failure) && sentenceFor(failure, text)}
      </p>
      <div class="providers">
        {settings.providers.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            class={`provider of-${id}`}
            aria-disabled={busy === id}
            onClick={() => leave(id)}
          >
            <Mark of={id} />
            {/* Its own words, unless the operator calls it something else. */}
            {(name.toLowerCase() === id && text.withProvider[id]) || text.signInWith(name)}
          </button>
        ))}
      </div>
    </>
  );
}
