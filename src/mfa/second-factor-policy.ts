import { Inject, Injectable } from '@nestjs/common';
import type { SignInProgress, StepNeed } from '../auth/second-steps.js';
import { OPTIONS, type Options } from '../config/options.js';
import { demandsFactor, isPossession, levelOf } from '../tokens/authentication.js';
import type { User } from '../users/user.entity.js';
import type { FactorType } from './factor.entity.js';
import { RecoveryCodes } from './recovery-codes.js';
import { TrustedDevices } from './trusted-devices.js';

/** Who needs a second factor, and which ones will do: the one place that says so, for every kind of factor. */
@Injectable()
export class SecondFactorPolicy {
  private readonly kinds: FactorType[] = [];

  constructor(
    private readonly recoveryCodes: RecoveryCodes,
    private readonly trustedDevices: TrustedDevices,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'secondFactor' | 'secondFactorRoles'>,
  ) {}

  /** Offers a kind of factor, under the name of its method. Each slice does so for its own while the app starts. */
  offer(kind: FactorType): void {
    this.kinds.push(kind);
    // What is easier for people, and cannot be phished, is named first.
    this.kinds.sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other));
  }

  /** Whether second factors are asked for at all. */
  get isOn(): boolean {
    return this.options.secondFactor !== 'off';
  }

  isMandatoryFor({ roles }: Pick<User, 'roles'>): boolean {
    return demandsFactor(roles, this.options);
  }

  /**
   * What a sign-in still lacks.
   *
   * An account without a factor costs no statement. After something that the user has, such as a passkey without user
   * verification, something that they know is needed; otherwise it is the other way round. A trusted device counts as
   * something that they have, only for signing in.
   */
  async needs({ account, methods, device, isSettingUp }: SignInProgress): Promise<StepNeed | undefined> {
    if (!this.isOn) return undefined;
    const state = `${account.factorsEpoch}`;
    if (account.secondFactors.length === 0) {
      if (isSettingUp || !this.isMandatoryFor(account)) return undefined;
      return { kind: 'second_factor_setup', methods: this.kinds, state };
    }
    if (levelOf(methods) === 'aal2') return undefined;
    if (methods.some(isPossession)) return { kind: 'second_factor', methods: ['password'], state };
    if (await this.trustedDevices.knows(account, device)) return undefined;
    const kinds = this.kinds.filter((kind) => account.secondFactors.includes(kind));
    const hasCodes = (await this.recoveryCodes.left(account.id)) > 0;
    return { kind: 'second_factor', methods: hasCodes ? [...kinds, 'recovery_code'] : kinds, state };
  }
}

const ORDER: readonly FactorType[] = ['passkey', 'totp'];
