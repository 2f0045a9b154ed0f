import { environmentName } from './check.js';
import { type OptionsInput, optionsSchema } from './options.js';
import { PROVIDER_OPTIONS, providerVariable } from './provider-settings.js';

export type OptionName = keyof OptionsInput;

/** The option of each variable. */
export const NAMES: ReadonlyMap<string, OptionName> = new Map(
  Object.keys(optionsSchema.shape).map((option) => [environmentName(option), option as OptionName]),
);

/** Variables whose values are secrets. */
export const SECRET_NAMES: readonly string[] = Object.entries(optionsSchema.shape)
  .filter(([, schema]) => isSecret(schema))
  .map(([option]) => environmentName(option));

/** The same of a provider. */
export const secretNamesOf = (id: string): string[] =>
  Object.entries(PROVIDER_OPTIONS)
    .filter(([, schema]) => isSecret(schema))
    .map(([option]) => providerVariable(id, option));

function isSecret(schema: { meta(): unknown }): boolean {
  return (schema.meta() as { isSecret?: boolean } | undefined)?.isSecret === true;
}
