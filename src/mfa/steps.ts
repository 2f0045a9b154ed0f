import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { PasswordLogin } from '../auth/password-login.js';
import type { SecondStep, SignInProgress, StepNeed, Verified } from '../auth/second-steps.js';
import { Database } from '../database/database.js';
import { missingField, TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { SecondFactorInput } from '../http/pending-sign-in.js';
import { Outbox } from '../mail/outbox.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { Factors } from './factors.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorAttempts } from './second-factor-attempts.js';
import { SecondFactorPolicy } from './second-factor-policy.js';
import { TotpSecrets } from './totp-secrets.js';

/** From here on the owner is told to replace them. */
const FEW_CODES = 3;

/** A code of an authenticator app; the first one of an app that is being set up sets it up. */
@Injectable()
export class TotpStep implements SecondStep {
  readonly methods = ['totp'];

  constructor(
    private readonly secrets: TotpSecrets,
    private readonly factors: Factors,
    private readonly attempts: SecondFactorAttempts,
    private readonly policy: SecondFactorPolicy,
  ) {}

  /** It speaks for every kind of factor. */
  needs(progress: SignInProgress): Promise<StepNeed | undefined> {
    return this.policy.needs(progress);
  }

  async verify(
    { account, loginId }: SignInProgress,
    { code }: SecondFactorInput,
    caller: Caller,
  ): Promise<Verified | undefined> {
    const typed = required(code);
    if (!account.secondFactors.includes('totp'))
      return loginId === undefined ? undefined : this.confirm(account.id, loginId, typed, caller);
    return this.attempts.judge(account, caller, async () =>
      (await this.secrets.consume(account.id, typed)) ? { methods: OTP } : undefined,
    );
  }

  private async confirm(
    userId: number,
    loginId: string,
    code: string,
    caller: Caller,
  ): Promise<Verified | undefined> {
    const confirmed = await this.secrets.confirm(`login ${loginId}`, userId, code);
    return (
      confirmed && {
        methods: OTP,
        setUp: (tx, user) =>
          this.factors.addIn(tx, confirmed.keep, { user, type: 'totp', methods: OTP, caller }),
      }
    );
  }
}

/** A recovery code, which counts as a one-time code. Its owner is told. */
@Injectable()
export class RecoveryCodeStep implements SecondStep {
  readonly methods = ['recovery_code'];

  constructor(
    private readonly db: Database,
    private readonly codes: RecoveryCodes,
    private readonly attempts: SecondFactorAttempts,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
  ) {}

  verify(
    { account }: SignInProgress,
    { code }: SecondFactorInput,
    caller: Caller,
  ): Promise<Verified | undefined> {
    const typed = required(code);
    return this.attempts.judge(account, caller, () =>
      this.db.transaction(async (tx) => {
        if (!(await this.codes.consume(account.id, typed, tx))) return undefined;
        const left = await this.codes.left(account.id, tx);
        const happening = { event: 'recovery_code_used', outcome: 'success' } as const;
        await this.audit.record({ ...happening, userId: account.id, caller }, tx);
        const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '', left: String(left) };
        const kind = left <= FEW_CODES ? 'recovery_codes_low' : 'recovery_code_used';
        await this.outbox.notify(kind, account, null, tx, values);
        return { methods: OTP };
      }),
    );
  }
}

/** The password, for users who have proven something that they have first. */
@Injectable()
export class PasswordStep implements SecondStep {
  readonly methods = ['password'];

  constructor(private readonly passwords: PasswordLogin) {}

  /** Under the limits of a login. **Errors** `input_invalid`, `rate_limited`, `server_busy`. */
  async verify(
    { account, device }: SignInProgress,
    { password }: SecondFactorInput,
    caller: Caller,
  ): Promise<readonly AuthMethod[] | undefined> {
    if (password === undefined) throw missingField('password');
    try {
      await this.passwords.prove(account, password, caller, device);
      return ['pwd'];
    } catch (error) {
      if (error instanceof TokenjarError && error.code === 'bad_credentials') return undefined;
      throw error;
    }
  }
}

const OTP: readonly AuthMethod[] = ['otp'];

function required(code: string | undefined): string {
  if (code === undefined) throw missingField('code');
  return code;
}
