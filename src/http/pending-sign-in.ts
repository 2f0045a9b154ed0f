import { TokenjarError } from '../errors.js';
import type { TokensAndUser } from './payloads.js';

/** A sign-in that lacks a step. */
export interface PendingSignIn {
  needs: 'second_factor_required' | 'second_factor_setup_required';
  /** The methods available to the user. */
  methods: readonly string[];
  /** **Unit** seconds. */
  expiresIn: number;
  /** The secret with which to continue, for clients without cookies; absent if the client already has it. */
  loginToken?: string;
}

/** The result of proving who somebody is. */
export type SignInResult = TokensAndUser | PendingSignIn;

/** A further step. Its other fields depend on the method. */
export interface SecondFactorInput {
  method: string;
  /** The secret, if it is not in the cookie. */
  loginToken?: string | undefined;
  code?: string | undefined;
  password?: string | undefined;
  credential?: Record<string, unknown> | undefined;
  /** Whether this device saves the step the next time. */
  trustDevice?: boolean | undefined;
}

/** Which kind of factor to set up in a login. */
export interface LoginSetupInput {
  method: string;
  /** As in {@link SecondFactorInput}. */
  loginToken?: string | undefined;
}

/** Another authentication in a session. The other fields depend on the method. */
export type ReauthenticationInput = SecondFactorInput;

/** A request for a code by email. */
export interface LoginCodeRequest {
  /** In lower case. */
  email: string;
  remember?: boolean | undefined;
  scope?: string | undefined;
  /** The secret of a login of before, if it is not in the cookie. */
  loginToken?: string | undefined;
}

/** A login that waits for an emailed code. */
export interface PendingCode {
  /** For clients without cookies. */
  loginToken: string;
}

/** The code, or the key of the link in the same email. */
export interface LoginCodeInput {
  code?: string | undefined;
  key?: string | undefined;
  loginToken?: string | undefined;
}

export const isPending = (result: SignInResult): result is PendingSignIn => 'needs' in result;

/** The error for a sign-in that lacks a step, in dialects that treat it as an error. */
export const refusalOf = ({ needs, methods, expiresIn, loginToken }: PendingSignIn): TokenjarError =>
  new TokenjarError(needs, { pending: { methods, expiresIn, loginToken } });
