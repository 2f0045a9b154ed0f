import { z } from 'zod';

const META = {
  description: 'What `navigator.credentials` returned, as JSON (`toJSON()`).',
  type: 'object',
  additionalProperties: true,
} as const;

/** What is in it, the slice reads: every fault of it is one refusal. A form has it as text. */
export const credentialField = z
  .unknown()
  .transform((value, context): Record<string, unknown> => {
    const read = typeof value === 'string' ? jsonIn(value) : value;
    if (typeof read === 'object' && read !== null && !Array.isArray(read))
      return read as Record<string, unknown>;
    context.addIssue(value === undefined ? 'This field is required.' : 'This field must be an object.');
    return {};
  })
  .meta(META);
/** The same where other methods need none. */
export const optionalCredentialField = credentialField.optional().meta(META);

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
