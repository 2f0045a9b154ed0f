import { type AccountApi, createAccount } from '@tokenjar/client/account';
import { type Account, auth } from './auth.ts';

/** Account operations besides signing in: password resets, email links, change of address, language. */
export const account: AccountApi<Account> = createAccount(auth);
