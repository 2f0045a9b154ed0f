import { z } from 'zod';
import { ERRORS, type StepUpDemand } from '../../errors.js';
import type { Problem } from './dialect.js';
import { passwordField, textField } from '../fields.js';
import { optionalCredentialField } from './credential-field.js';

/**
 * Adds the demand for another authentication to a challenge, if there is one.
 *
 * **Shape** `Bearer error="insufficient_user_authentication", max_age="900", acr_values="aal2"`. **Source** RFC 9470 §3.
 */
function withStepUp(challenge: string, demand: StepUpDemand | undefined): string {
  if (!demand) return challenge;
  const parameters = [
    'error="insufficient_user_authentication"',
    'error_description="Authenticate again"',
    ...Object.entries(showStepUp(demand)).map(([name, value]) => `${name}="${value}"`),
  ].join(', ');
  // A challenge that has parameters already goes on after a comma (RFC 9110 §11.6.1).
  return `${challenge}${challenge.includes('=') ? ',' : ''} ${parameters}`;
}

/**
 * The challenge for a request whose access token is not enough.
 *
 * **Shape** `Bearer error="insufficient_scope", scope="orders:write"`. **Source** RFC 6750 §3.1.
 */
const forScope = (challenge: string, scope: readonly string[] = []): string =>
  `${challenge}${challenge.includes('=') ? ',' : ''} error="insufficient_scope"${scope.length > 0 ? `, scope="${scope.join(' ')}"` : ''}`;

/** A challenge, with what the sign-in or the token of the request lacks, if that is it. */
export const challengeWith = (
  challenge: string,
  { code, stepUp, scope }: Pick<Problem, 'code' | 'stepUp' | 'scope'>,
): string => (ERRORS[code].lacksPermission ? forScope(challenge, scope) : withStepUp(challenge, stepUp));

export const stepUpFields = {
  max_age: z.int().meta({ description: 'The maximum age of the sign-in, in seconds.' }),
  acr_values: z.string().meta({ description: 'The required level, such as `aal2`.' }),
};
export const showStepUp = ({
  maxAge,
  level,
}: StepUpDemand): Partial<z.infer<z.ZodObject<typeof stepUpFields>>> => ({
  ...(maxAge !== undefined && { max_age: Math.floor(maxAge) }),
  ...(level !== undefined && { acr_values: level }),
});

/** The standard dialect's fields of another authentication. Each method defines which of them it reads. */
export const reauthenticationForm = z
  .object({
    method: textField(40),
    password: passwordField.optional(),
    code: textField(64).optional(),
    credential: optionalCredentialField,
    login_token: textField(512).optional(),
  })
  .transform(({ login_token, ...input }) => ({ ...input, loginToken: login_token }))
  .meta({
    id: 'Reauthentication',
    examples: [{ method: 'password', password: 'marble cactus orbit lantern' }],
  });
