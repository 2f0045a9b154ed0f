import { AuthError } from '@tokenjar/client';
import type { PendingLogin } from '@tokenjar/client/factors';
import { useEffect, useState } from 'preact/hooks';
import { createStore } from './store.ts';

/** With what the browser came back from a provider, other than signed in. */
export interface Arrival {
  /** It did not work, or not yet. */
  failure?: AuthError;
  /** The sign-in lacks a step. */
  pending?: PendingLogin;
  /** The provider gave no address. */
  needsAddress?: boolean;
  /** It worked. */
  done?: 'linked' | 'reauthenticated';
}

export const arrival = createStore<Arrival>({});

/** What the page came with, for the first part of it that is shown. */
export function useArrival(): Arrival {
  const [came] = useState(arrival.get);
  useEffect(() => arrival.set({}), []);
  return came;
}

// Said by the server, where it refuses to lead anybody back.
const REFUSED = '#error=return_to_refused';
if (location.hash === REFUSED) {
  history.replaceState(null, '', location.pathname);
  arrival.set({ failure: new AuthError({ code: 'return_to_refused' }) });
}
