import { createStore } from './store.ts';

/** The page of administrators, which is loaded where somebody goes there; undefined until then. */
export const adminParts = createStore<typeof import('./admin/admin-page.tsx') | undefined>(undefined);

export function loadAdmin(): void {
  // If it cannot be loaded, the page says that it waits; reloading tries again.
  import('./admin/admin-page.tsx').then(adminParts.set, () => {});
}
