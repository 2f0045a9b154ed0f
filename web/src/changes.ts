import { createStore } from './store.ts';

/** Counts what the user has changed, so that lists which tell of it are loaded again. */
export const changes = createStore(0);
export const noteChange = (): void => changes.set(changes.get() + 1);
