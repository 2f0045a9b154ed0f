import { settings } from './settings.ts';
import { createStore } from './store.ts';

type Parts = typeof import('./providers/parts.ts');

/**
 * What the page has for providers, which is loaded where there are any; undefined until then. Null where there are none,
 * and where it cannot be loaded: the other ways to sign in are there still.
 */
export const providerParts = createStore<Parts | null | undefined>(
  settings.providers.length === 0 ? null : undefined,
);

if (settings.providers.length > 0)
  import('./providers/parts.ts').then(
    (parts) => parts.arrived.then(() => providerParts.set(parts)),
    () => providerParts.set(null),
  );
