import { z } from 'zod';
import type { StepUpDemand } from '../../errors.js';
import { passwordField, textField } from '../fields.js';

/**
 * The parameters of a challenge that asks for another authentication; empty if there is no such demand.
 *
 * **Shape** `error="insufficient_user_authentication", max_age="900", acr_values="aal2"`. **Source** RFC 9470 §3.
 */
export const stepUpChallenge = (demand: StepUpDemand | undefined): string =>
  demand
    ? [
        'error="insufficient_user_authentication"',
        'error_description="Authenticate again"',
        ...Object.entries(showStepUp(demand)).map(([name, value]) => `${name}="${value}"`),
      ].join(', ')
    : '';

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
    credential: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({
    id: 'Reauthentication',
    examples: [{ method: 'password', password: 'marble cactus orbit lantern' }],
  });
