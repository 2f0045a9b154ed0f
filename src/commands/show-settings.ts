import { environmentName } from '../config/check.js';
import { DIALECT_DEFAULTS } from '../config/dialect-defaults.js';
import { readLeniently, type SettingSource, sourcesOf } from '../config/env.js';
import { optionsSchema } from '../config/options.js';

/** A setting as it applies. */
interface EffectiveSetting {
  name: string;
  /** As it would be written; null for a secret, and for what is not set and has no default. */
  value: string | null;
  from: 'default' | 'dialect' | 'environment' | 'file';
  secret: boolean;
}

/** All settings and where each comes from. Secrets are not shown. */
export function showSettings(isJson: boolean): { text: string; problems: readonly string[] } {
  const { options, problems } = readLeniently();
  const ofDialect: Record<string, unknown> = DIALECT_DEFAULTS[options.dialect];
  const settings = sourcesOf().map((source) => effective(source, ofDialect));
  const text = isJson
    ? JSON.stringify({ settings })
    : settings
        .map(({ name, value, from, secret }) => line(name, shown(value, from, secret), from))
        .join('\n');
  return { text, problems };
}

function effective(
  { name, option, written, from, isSecret }: SettingSource,
  ofDialect: Record<string, unknown>,
): EffectiveSetting {
  if (written !== undefined)
    return { name, value: isSecret ? null : withoutPassword(written), from, secret: isSecret };
  const fromDialect = option === undefined ? undefined : ofDialect[option];
  if (fromDialect !== undefined)
    return { name, value: asWritten(fromDialect), from: 'dialect', secret: false };
  return { name, value: option === undefined ? null : defaultOf(name), from: 'default', secret: isSecret };
}

/** In addresses that should have none, such as FRONTEND_URL. */
const withoutPassword = (text: string): string => text.replace(/(\/\/[^/@\s:]*):[^/@\s]*@/g, '$1:…@');

const DEFAULTS = new Map(
  Object.entries(optionsSchema.shape).map(([option, schema]) => [
    environmentName(option),
    (schema.meta() as { default?: string } | undefined)?.default ?? null,
  ]),
);

const defaultOf = (name: string): string | null =>
  name === 'NODE_ENV' ? null : (DEFAULTS.get(name) ?? null);

const asWritten = (value: unknown): string =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);

const shown = (value: string | null, from: EffectiveSetting['from'], isSecret: boolean): string =>
  isSecret && from !== 'default' ? '(secret)' : (value ?? '(not set)');

const line = (name: string, value: string, from: string): string =>
  `${name.padEnd(34)} ${value}${from === 'default' ? '' : `  [${from}]`}`;
