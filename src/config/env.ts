import { SettingsError, environmentName, parseOptions } from './check.js';
import { type Options, type OptionsInput, optionsSchema } from './options.js';

type OptionName = keyof OptionsInput;

const NAMES = new Map(
  Object.keys(optionsSchema.shape).map((option) => [environmentName(option), option as OptionName]),
);
/** A variable that begins like one of ours and is none is a slip of the pen, not somebody else's (but a desktop's). */
const OURS =
  /^(ACCESS_TOKEN_|REFRESH_|ROTATE_|COOKIE_|SESSION_(?!MANAGER$)|PASSWORD_(?!STORE_)|EMAIL_|TRUSTED_|SIGNING_|VERIFYING_|SECRET_KEY_|CLEAR_DEAD_|USER_ID_|AUTH_HEADER_|DATABASE_POOL|PATH_PREFIX|DOCS_)/;

/**
 * Reads the settings from the environment; the only place that does.
 *
 * An empty variable counts as unset, as in a compose file that passes everything on.
 *
 * @throws {SettingsError} for values that cannot be used and for names that begin like ours and are unknown.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): Options {
  const input: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    const option = NAMES.get(name);
    if (value === undefined || value === '') continue;
    if (option === 'production') input.production = value === 'production';
    else if (option) input[option] = value;
    else if (OURS.test(name)) unknown.push(`${name}: is no setting, did you mean ${nearest(name)}?`);
  }
  // ISSUER may be emptied on purpose: no claim `iss`.
  if (environment.ISSUER === '') input.issuer = '';
  if (environment.PATH_PREFIX === '') input.pathPrefix = '';
  try {
    const options = parseOptions(input);
    if (unknown.length === 0) return options;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError([...unknown, ...error.problems]);
  }
  throw new SettingsError(unknown);
}

function nearest(name: string): string {
  const known = [...NAMES.keys()];
  return known.reduce((best, candidate) =>
    distance(name, candidate) < distance(name, best) ? candidate : best,
  );
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
