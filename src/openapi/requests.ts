import type { OperationRow } from '../http/operation-row.js';
import { takenBy } from '../http/dialects/dialect.js';
import { type AnyForm, type Examples, type DocumentContext } from './responses.js';
import type { JsonSchema } from './schemas.js';

export interface RequestBody {
  required: boolean;
  content: Record<string, { schema: JsonSchema; examples: Examples }>;
}

/** Where the refresh token is looked for in the cookie alone, if that is where it belongs. */
const BY_COOKIE: readonly OperationRow['access'][] = ['refresh_token', 'refresh_token_if_any'];

/** The body that an operation takes; undefined where it takes none, as a refresh by cookie does. */
export function requestBodyOf(
  { access }: OperationRow,
  form: AnyForm,
  { dialect, options, schemas }: DocumentContext,
): RequestBody | undefined {
  const { refreshTokenIn } = options;
  const takes = takenBy(form, options);
  if (!takes || (BY_COOKIE.includes(access) && refreshTokenIn === 'cookie')) return undefined;
  const { examples = [] } = (takes.meta() ?? {}) as { examples?: unknown[] };
  // The last example shows every field.
  const value = refreshTokenIn === 'cookie' ? examples[0] : examples.at(-1);
  const media = { schema: schemas.refer(takes, 'input'), examples: { example: { value: value ?? {} } } };
  const isDemanded = access === 'refresh_token' && refreshTokenIn === 'body';
  return {
    required: isDemanded || !takes.safeParse({}).success,
    content: Object.fromEntries(dialect.bodyTypes.map((type) => [type, media])),
  };
}
