import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import type { SecondFactorInput } from '../http/pending-sign-in.js';
import type { AuthMethod } from '../tokens/authentication.js';
import type { User } from '../users/user.entity.js';
import type { Device } from './known-devices.js';

/** What a sign-in still lacks. */
export interface StepNeed {
  /** To prove a second factor, or to set one up first. */
  kind: 'second_factor' | 'second_factor_setup';
  /** What the user may answer with, as `method` names it. */
  methods: readonly string[];
  /** Of the factors: the login ends when it changes. */
  state: string;
}

/** Who signs in, and how far they have come. */
export interface SignInProgress {
  account: User;
  /** How they have proved who they are so far. */
  methods: readonly AuthMethod[];
  device: Device;
}

/** A further step of signing in, such as a one-time code. A slice, or a host, registers it. */
export interface SecondStep {
  /** The methods that it verifies, as clients name them: `totp`. */
  readonly methods: readonly string[];
  /** What is missing after what was proved; undefined for nothing. It changes nothing, and is asked again at every step. */
  needs(progress: SignInProgress): Promise<StepNeed | undefined>;
  /**
   * Judges an answer, which it must not accept twice. The caller counts what is wrong.
   *
   * @returns what was proved; undefined for a wrong answer. **Errors** `input_invalid`, which does not count.
   */
  verify(
    progress: SignInProgress,
    input: SecondFactorInput,
    caller: Caller,
  ): Promise<readonly AuthMethod[] | undefined>;
}

/**
 * The steps that sign-ins have beside the first. None by itself: they are registered while the app starts, and from then
 * on every way in has them.
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

  /** What all of them together say. A factor that can be proved goes before one that would have to be set up. */
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
