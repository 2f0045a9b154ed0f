import { Module } from '@nestjs/common';
import { FactorResets } from '../mfa/factor-resets.js';
import { onUser } from './on-user.js';

@Module({ providers: [FactorResets] })
class FactorResetsModule {}

/** Requests the removal of all second factors of a user, who can cancel it during a wait. */
export const resetFactors = (name: string, as?: string): Promise<string> =>
  onUser(
    name,
    as,
    async ({ id, email, emailVerified }, application, operator) => {
      if (!(await application.get(FactorResets).request(id, operator)))
        return 'This was requested before, and is waiting.';
      const told = emailVerified
        ? 'A running server will tell the user by email, if it sends emails'
        : `${email === null ? 'There is no address' : 'The address is not verified'}, so the user gets no email: tell them yourself. A running server will begin the wait`;
      return `${told}, and remove all second factors after FACTOR_RESET_WAIT, unless the user cancels it.`;
    },
    [FactorResetsModule],
  );
