import { type AccountApi, createAccount } from '@tokenjar/client/account';
import { type Account, auth } from './auth.ts';

/** What people do with their account beside signing in: resets, links of e-mails, another address, the language. */
export const account: AccountApi<Account> = createAccount(auth);
