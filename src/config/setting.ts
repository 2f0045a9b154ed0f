import { z } from 'zod';
import { parseDuration } from './duration.js';

/** What the settings reference contains for a setting besides its default. */
interface SettingText {
  description: string;
  /** If the schema does not define it. */
  unit?: string;
  /** The names of the same setting in SIMPLE_JWT, REST_AUTH and JWT_AUTH. */
  answersTo?: string;
  /** Its value is never shown, and a file can contain it (`NAME_FILE`). */
  isSecret?: true;
}

type WithDefault<S extends z.ZodType> = SettingText & { schema: S; default: NoInfer<z.input<S>> };
/** @property unset what applies if the setting is not set, in words. */
type WithoutDefault<S extends z.ZodType> = SettingText & { schema: S; unset: string };

/** A row of the table of settings: its schema, its default as it would be written, and its texts. */
export function setting<S extends z.ZodType>(row: WithDefault<S>): z.ZodPrefault<S>;
export function setting<S extends z.ZodType>(row: WithoutDefault<S>): z.ZodOptional<S>;
export function setting<S extends z.ZodType>(row: WithDefault<S> | WithoutDefault<S>): z.ZodType {
  const { schema, description, unit = schema.meta()?.unit, answersTo, isSecret } = row;
  const facts = {
    description,
    ...(unit !== undefined && { unit }),
    ...(answersTo !== undefined && { answersTo }),
    ...(isSecret && { isSecret }),
  };
  return 'unset' in row
    ? schema.optional().meta({ ...facts, default: row.unset })
    : schema.prefault(row.default).meta({ ...facts, default: asWritten(row.default) });
}

/** A default as written in an environment variable. */
function asWritten(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',');
  return String(value);
}

export const text = z.string().trim().min(1);

/** One of the given values; the error message lists them. */
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `must be ${listed(values)}`);

/** Like {@link oneOf}, case-insensitively. */
export const oneOfAnyCase = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.string().toLowerCase().pipe(oneOf(values));

/** `a, b or c` */
const listed = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]+)$/, ' or $1');

export const flag = z.union(
  [
    z.boolean(),
    z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.enum(['on', 'off', 'true', 'false', '1', '0', 'yes', 'no']))
      .transform((value) => ['on', 'true', '1', 'yes'].includes(value)),
  ],
  'must be on or off',
);

export const integer = (least: number, most: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/** A century, so that dates and tokens stay below the year 10000. **Unit** seconds. */
const LONGEST = 100 * 365 * 86_400;

/** **Unit** seconds, for the bounds as well as the result. */
export const duration = (least = 0, most = LONGEST) =>
  z
    .union([z.string(), z.number().transform(String)])
    .transform((value, context) => {
      const seconds = parseDuration(value);
      if (seconds === undefined) context.addIssue('must be a duration like 30s, 10m or 14d');
      return seconds ?? Number.NaN;
    })
    .refine((seconds) => Number.isNaN(seconds) || seconds >= least, `must be at least ${least}s`)
    .refine((seconds) => Number.isNaN(seconds) || seconds <= most, `must be at most ${most}s`)
    .meta({ unit: 'duration' });

/** Separated by commas, or an array in code. */
export const list = <S extends z.ZodType<unknown, string>>(item: S) =>
  z
    .union([
      z.array(z.string()),
      z.string().transform((value) =>
        value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      ),
    ])
    .pipe(z.array(item));

/** How many attempts are allowed. **Unit** seconds for the window. */
export interface Limit {
  quota: number;
  window: number;
}

const NO_LIMIT = 'must be a number of attempts per period like 10/15m, or off';

/** `10/15m`: ten attempts, and a full counter drains in 15 minutes; `off` for no limit. */
export const limit = z
  .union([z.string().trim(), z.object({ quota: z.number(), window: z.number() }), z.null()], NO_LIMIT)
  .transform((value, context): Limit | null => {
    if (value === null || typeof value === 'object') return value;
    if (value.toLowerCase() === 'off') return null;
    const [, quota = '', time = ''] = /^(\d{1,9})\s*\/\s*(.+)$/.exec(value) ?? [];
    const window = parseDuration(time);
    if (Number(quota) >= 1 && window !== undefined && window >= 1 && window <= LONGEST)
      return { quota: Number(quota), window };
    context.addIssue(NO_LIMIT);
    return null;
  })
  .meta({ unit: 'attempts per period, or `off`' });

/** `5%`, or `0.05`. */
export const fraction = z
  .union([
    z.number(),
    z.string().transform((value) => {
      const [, number, percent] = /^(\d*\.?\d+)\s*(%?)$/.exec(value.trim()) ?? [];
      return Number(number) / (percent ? 100 : 1);
    }),
  ])
  .refine((value) => value >= 0 && value <= 0.5, 'must be between 0% and 50%')
  .meta({ unit: 'percent, or a fraction' });
