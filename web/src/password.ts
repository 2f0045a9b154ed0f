import { useEffect } from 'preact/hooks';
import { onOtherUser } from './auth.ts';
import { factors } from './factors.ts';
import { settings } from './settings.ts';
import { createStore } from './store.ts';

/** Undefined until it is known. */
const known = createStore<boolean | undefined>(undefined);
onOtherUser(() => known.set(undefined));

/** Whether the user has a password, which accounts that came from a provider may not have. */
export function useHasPassword(): boolean {
  const hasPassword = known.use();
  useEffect(() => {
    if (settings.providers.length === 0 || known.get() !== undefined) return;
    factors.list().then(
      ({ has_password }) => known.set(has_password),
      // The server says it, if there is none.
      () => {},
    );
  }, []);
  return hasPassword ?? true;
}
