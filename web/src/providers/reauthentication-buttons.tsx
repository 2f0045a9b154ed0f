import { useEffect, useState } from 'preact/hooks';
import { Action } from '../factors/action.tsx';
import { settings } from '../settings.ts';
import { useText } from '../text/text.ts';
import { providers } from './api.ts';

/**
 * Lets users prove who they are at a provider that is linked. The page is left for it, so that what waits is given up:
 * afterwards it goes through.
 *
 * @param onNone there is none.
 */
export function ReauthenticationButtons({ onNone }: { onNone: () => void }) {
  const text = useText();
  const [usable, setUsable] = useState<typeof settings.providers>([]);
  useEffect(() => {
    providers.identities().then((identities) => {
      const found = settings.providers.filter(({ id }) => identities.some(({ provider }) => provider === id));
      setUsable(found);
      if (found.length === 0) onNone();
    }, onNone);
  }, []);
  return (
    <>
      {usable.map(({ id, name }) => (
        <Action key={id} label={text.confirmWith(name)} work={() => providers.reauthenticateWith(id)} />
      ))}
      {usable.length > 0 && <p class="hint">{text.confirmWithHint}</p>}
    </>
  );
}
