import type { AuthError } from '@tokenjar/client';
import { pendingLogin } from '@tokenjar/client/factors';
import { arrival } from '../arrival.ts';
import { providers } from './api.ts';

export { AddressRequest } from './address-request.tsx';
export { LinkedAccounts } from './linked-accounts.tsx';
export { ProviderButtons } from './provider-buttons.tsx';
export { ReauthenticationButtons } from './reauthentication-buttons.tsx';

/** Resolves when it is known with what the browser came back: what the page shows depends on it. */
export const arrived: Promise<void> = providers.result().then(
  (result) => {
    if (result?.outcome === 'email_required') arrival.set({ needsAddress: true });
    else if (result && result.outcome !== 'signed_in') arrival.set({ done: result.outcome });
  },
  (failure: AuthError) => {
    const pending = pendingLogin(failure);
    arrival.set(pending ? { pending } : { failure });
  },
);
