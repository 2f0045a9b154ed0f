import { TokenjarError } from '../errors.js';
import type { TokensAndUser } from './payloads.js';

/** A sign-in that lacks a step. */
export interface PendingSignIn {
  needs: 'second_factor_required' | 'second_factor_setup_required';
  /** What the user may answer with. */
  methods: readonly string[];
  /** **Unit** seconds. */
  expiresIn: number;
  /** The secret to go on with, for whoever has no cookie; absent where it is known already. */
  loginToken?: string;
}

/** What comes of a proof of who somebody is. */
export type SignInResult = TokensAndUser | PendingSignIn;

/** A further step. What else there is hangs on the method. */
export interface SecondFactorInput {
  method: string;
  /** The secret, where it is not in the cookie. */
  loginToken?: string | undefined;
  code?: string | undefined;
  password?: string | undefined;
  credential?: Record<string, unknown> | undefined;
}

export const isPending = (result: SignInResult): result is PendingSignIn => 'needs' in result;

/** The refusal of a sign-in that lacks a step, for dialects where that is one. */
export const refusalOf = ({ needs, methods, expiresIn, loginToken }: PendingSignIn): TokenjarError =>
  new TokenjarError(needs, { pending: { methods, expiresIn, loginToken } });
