import { AuthError } from '@tokenjar/client';
import { createStore } from './store.ts';

/** What waits until the user has authenticated again. */
export interface Waiting {
  /** Lets it go on. */
  done: () => void;
  /** Gives it up. */
  cancel: () => void;
}

/** What the dialog is about; undefined while nothing waits. */
export const waiting = createStore<Waiting | undefined>(undefined);

/** Has the dialog shown. It rejects when it is cancelled. */
export const reauthenticate = (refusal: AuthError): Promise<void> =>
  new Promise<void>((done, failed) =>
    waiting.set({
      done,
      cancel: () => failed(new AuthError({ code: 'reauthentication_cancelled', detail: refusal.message })),
    }),
  ).finally(() => waiting.set(undefined));
