import { Inject, Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { requestOptions } from './ceremonies.js';
import { Challenges, type ChallengeUse } from './challenges.js';
import { Passkeys } from './passkeys.js';
import { type OptionalParty, RELYING_PARTY } from './relying-party.js';

/** Options for answers of passkeys. */
@Injectable()
export class PasskeyRequests {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly challenges: Challenges,
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
  ) {}

  /** For a passkey of an account, and one login or session. **Errors** `method_not_available`. */
  async optionsFor(userId: number, use: ChallengeUse): Promise<Record<string, unknown>> {
    const known = await this.passkeys.list(userId);
    if (!this.party || known.length === 0) throw new TokenjarError('method_not_available');
    return requestOptions(this.party, this.challenges.issue(use), known);
  }

  /** For any passkey that the user chooses, in the browser that has the secret. **Errors** `method_not_available`. */
  async optionsForAny(secret: string): Promise<Record<string, unknown>> {
    if (!this.party) throw new TokenjarError('method_not_available');
    return requestOptions(this.party, this.challenges.issue(`sign-in ${secret}`));
  }
}
