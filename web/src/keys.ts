import { settings } from './settings.ts';
import { createStore } from './store.ts';

/** The card of API keys, which is loaded where there are any; undefined until then, and where it cannot be loaded. */
export const keyParts = createStore<typeof import('./keys/api-keys.tsx') | undefined>(undefined);

export function loadKeys(): void {
  if (settings.apiKeys && !keyParts.get()) import('./keys/api-keys.tsx').then(keyParts.set, () => {});
}
