import { Injectable } from '@nestjs/common';
import type { Queries } from '../database/database.js';
import type { ErrorCode } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { CookieChange } from '../http/cookies.js';
import type { SecondFactorInput } from '../http/pending-sign-in.js';
import type { AuthMethod } from '../tokens/authentication.js';
import type { User } from '../users/user.entity.js';
import type { Device } from './known-devices.js';

/** What a sign-in still lacks. */
export interface StepNeed {
  /** Whether a second factor has to be proven or first set up. */
  kind: 'second_factor' | 'second_factor_setup';
  /** The methods available to the user, as named by `method`. */
  methods: readonly string[];
  /** The state of the factors: the pending login ends when it changes. */
  state: string;
}

/** A user who is signing in, and the progress so far. */
export interface SignInProgress {
  account: User;
  /** The methods used so far. */
  methods: readonly AuthMethod[];
  /** @internal */
  device: Device;
  /** Identifies the pending login, if there is one; a factor set up in it is not available to any other. */
  loginId?: string;
  /** The session, if its user authenticates again in it. */
  sessionId?: string;
  /** Whether a factor is being set up, which the account has once the session is open. */
  isSettingUp?: boolean;
}

/** The result of an {@link OnEntry}. */
export interface Entered {
  /** The account afterwards, if it has changed. */
  account?: User;
  /** Shown once, in the response. */
  recoveryCodes?: readonly string[];
  cookies?: readonly CookieChange[];
}

/** Runs in the transaction that opens a session, with the user locked. It may refuse. */
export type OnEntry = (tx: Queries, account: User) => Promise<Entered>;

/** The result of a correct answer. */
export interface Verified {
  methods: readonly AuthMethod[];
  /**
   * Sets up the factor that was used.
   *
   * @internal
   */
  setUp?: OnEntry;
}

/** A further step of signing in, such as a one-time code. A slice or a host registers it. */
export interface SecondStep {
  /** The methods that it verifies, as named by clients, such as `totp`. */
  readonly methods: readonly string[];
  /** The code of a wrong answer; `second_factor_wrong` by default. */
  readonly wrong?: ErrorCode;
  /**
   * What a client needs before it can answer, such as the options of a WebAuthn ceremony. It is good for this login, or
   * this session, alone. Absent where it needs nothing. **Errors** `method_not_available`.
   */
  options?(progress: SignInProgress): Promise<Record<string, unknown>>;
  /**
   * Returns what is missing after the methods used so far; undefined if nothing is. It has no side effects, and is
   * called again at every step. Absent if another step answers for this one.
   */
  needs?(progress: SignInProgress): Promise<StepNeed | undefined>;
  /**
   * Judges an answer, and must not accept it twice. The pending login counts wrong answers; limits per account are up to
   * the step.
   *
   * @returns the methods proven; undefined for a wrong answer. **Errors** `input_invalid`, which is not counted.
   */
  verify(
    progress: SignInProgress,
    input: SecondFactorInput,
    caller: Caller,
  ): Promise<readonly AuthMethod[] | Verified | undefined>;
}

/**
 * Removes ways in of an account that were set up before the owner of its address was known, and tells the owner. The
 * sessions are for the caller to end.
 */
export type ForgetUnproven = (user: User, tx: Queries, caller: Caller) => Promise<void>;

/** What happens when a session is opened on a device; undefined, which costs nothing, if it is not concerned. */
export type EveryEntry = (device: Device, caller: Caller) => OnEntry | undefined;

/** Makes a device a trusted one when the session is opened. */
export type TrustDevice = (device: Device, caller: Caller) => OnEntry;

/**
 * The steps of a sign-in after the first. There are none by default: they are registered at startup, and apply to every
 * kind of sign-in.
 */
@Injectable()
export class SecondSteps {
  private readonly steps: SecondStep[] = [];
  private trusting: TrustDevice | undefined;
  private readonly forgetting: ForgetUnproven[] = [];
  private readonly entryActs: EveryEntry[] = [];

  /** While the app starts. @throws {TypeError} for a method that another step has. */
  register(step: SecondStep): void {
    const taken = step.methods.find((method) => this.stepFor(method));
    if (taken !== undefined) throw new TypeError(`the method ${taken} is registered already`);
    this.steps.push(step);
  }

  /** @internal */
  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  /**
   * Registers what makes a device a trusted one.
   *
   * @internal
   */
  trustBy(trusting: TrustDevice): void {
    this.trusting = trusting;
  }

  /**
   * Makes the device a trusted one; undefined if nothing is registered.
   *
   * @internal
   */
  trust(device: Device, caller: Caller): OnEntry | undefined {
    return this.trusting?.(device, caller);
  }

  /**
   * Registers what removes what was set up before the owner of an address was known.
   *
   * @internal
   */
  forgetBy(forgetting: ForgetUnproven): void {
    this.forgetting.push(forgetting);
  }

  /**
   * Removes second factors and linked identities of an account that passes to the owner of its address.
   *
   * @internal
   */
  async forget(user: User, tx: Queries, caller: Caller): Promise<void> {
    for (const forget of this.forgetting) await forget(user, tx, caller);
  }

  /**
   * Registers what happens at every entry, whatever the way in.
   *
   * @internal
   */
  onEveryEntry(act: EveryEntry): void {
    this.entryActs.push(act);
  }

  /**
   * What happens at an entry on this device.
   *
   * @internal
   */
  actsFor(device: Device, caller: Caller): OnEntry[] {
    return this.entryActs.map((act) => act(device, caller)).filter((each) => each !== undefined);
  }

  /** @internal */
  stepFor(method: string): SecondStep | undefined {
    return this.steps.find(({ methods }) => methods.includes(method));
  }

  /**
   * The combined result of all steps. A factor that can be proven takes precedence over one that would have to be set
   * up.
   *
   * @internal
   */
  async needs(progress: SignInProgress): Promise<StepNeed | undefined> {
    const needs: StepNeed[] = [];
    for (const step of this.steps) {
      const need = await step.needs?.(progress);
      if (need) needs.push(need);
    }
    const provable = needs.filter(({ kind }) => kind === 'second_factor');
    const [first, ...others] = provable.length > 0 ? provable : needs;
    if (!first) return undefined;
    return {
      kind: first.kind,
      methods: [first, ...others].flatMap(({ methods }) => methods),
      state: JSON.stringify(needs.map(({ state }) => state)),
    };
  }
}
