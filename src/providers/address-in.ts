import { emailField } from '../http/fields.js';

/** The address that a provider names, in normal form; undefined if it is none that we could keep. */
export function addressIn(value: unknown): string | undefined {
  const result = emailField.safeParse(value);
  return result.success ? result.data : undefined;
}
