import { Module } from '@nestjs/common';
import { FactorResets } from '../mfa/factor-resets.js';
import { onUser } from './on-user.js';

@Module({ providers: [FactorResets] })
class FactorResetsModule {}

/** Has all second factors of a user removed, after a wait in which they can cancel that. */
export const resetFactors = (email: string, as?: string): Promise<string> =>
  onUser(
    email,
    as,
    async ({ id }, application, operator) =>
      (await application.get(FactorResets).request(id, operator))
        ? 'A running server will tell the user by email, and remove all second factors after FACTOR_RESET_WAIT, unless the user cancels it.'
        : 'This was requested before, and is waiting.',
    [FactorResetsModule],
  );
