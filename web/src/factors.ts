import { createFactors, type FactorsApi } from '@tokenjar/client/factors';
import { type Account, auth } from './auth.ts';

/** Second factors, passkeys and codes by email. */
export const factors: FactorsApi<Account> = createFactors(auth);
