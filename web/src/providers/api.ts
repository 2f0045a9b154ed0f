import { createProviders, type ProvidersApi } from '@tokenjar/client/providers';
import { type Account, auth } from '../auth.ts';

/** Signing in with providers, and linked accounts. */
export const providers: ProvidersApi<Account> = createProviders(auth);
