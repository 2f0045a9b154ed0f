import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
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
  device: Device;
}

/** A further step of signing in, such as a one-time code. A slice or a host registers it. */
export interface SecondStep {
  /** The methods that it verifies, as named by clients, such as `totp`. */
  readonly methods: readonly string[];
  /**
   * Returns what is missing after the methods used so far; undefined if nothing is. It has no side effects, and is
   * called again at every step.
   */
  needs(progress: SignInProgress): Promise<StepNeed | undefined>;
  /**
   * Judges an answer, and must not accept it twice. The caller counts wrong answers.
   *
   * @returns the methods proven; undefined for a wrong answer. **Errors** `input_invalid`, which is not counted.
   */
  verify(
    progress: SignInProgress,
    input: SecondFactorInput,
    caller: Caller,
  ): Promise<readonly AuthMethod[] | undefined>;
}

/**
 * The steps of a sign-in after the first. There are none by default: they are registered at startup, and apply to every
 * kind of sign-in.
 */
@Injectable()
export class SecondSteps {
  private readonly steps: SecondStep[] = [];

  register(step: SecondStep): void {
    const taken = step.methods.find((method) => this.stepFor(method));
    if (taken !== undefined) throw new TypeError(`the method ${taken} is registered already`);
    this.steps.push(step);
  }

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  stepFor(method: string): SecondStep | undefined {
    return this.steps.find(({ methods }) => methods.includes(method));
  }

  /**
   * The combined result of all steps. A factor that can be proven takes precedence over one that would have to be set
   * up.
   */
  async needs(progress: SignInProgress): Promise<StepNeed | undefined> {
    const needs: StepNeed[] = [];
    for (const step of this.steps) {
      const need = await step.needs(progress);
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
