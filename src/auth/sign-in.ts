import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import { type ErrorCode, TokenjarError } from '../errors.js';
import type { Answer } from '../http/cookies.js';
import type { TokensAndUser } from '../http/payloads.js';
import { Entry, type Proof } from './entry.js';

/** Why somebody who has proved who they are does not get in. */
const REFUSED_AT_THE_DOOR: readonly ErrorCode[] = ['email_not_verified', 'session_limit_reached'];

/** The one door: every way of proving who you are ends here. */
@Injectable()
export class SignIn {
  constructor(
    private readonly entry: Entry,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'emailVerification'>,
  ) {}

  /**
   * Opens a session for somebody who has proved who they are.
   *
   * **Errors** `email_not_verified`, `session_limit_reached`; `bad_credentials` when the account changed since.
   */
  async finish(proof: Proof): Promise<Answer<TokensAndUser>> {
    try {
      if (this.options.emailVerification === 'mandatory' && !proof.account.emailVerified)
        throw new TokenjarError('email_not_verified');
      return await this.entry.open(proof);
    } catch (error) {
      if (error instanceof TokenjarError && REFUSED_AT_THE_DOOR.includes(error.code))
        await this.recordRefusal(proof, error.code);
      throw error;
    }
  }

  private async recordRefusal({ account: { id: userId }, caller }: Proof, reason: ErrorCode): Promise<void> {
    await this.audit.record({ event: 'login', outcome: 'failure', reason, userId, caller });
  }
}
