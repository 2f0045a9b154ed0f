import { z } from 'zod';
import { SettingsError } from '../config/check.js';
import { TokenjarError } from '../errors.js';
import type { HookCalls } from './hook-calls.js';
import type { Profile } from './hooks.js';

/** A schema of JSON. **Source** JSON Schema 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** A schema of zod, valibot, arktype or another library. **Source** Standard Schema 1.1, and its JSON Schema. */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => unknown;
    readonly jsonSchema?: {
      readonly input: (options: { target: 'draft-2020-12' }) => Record<string, unknown>;
      readonly output: (options: { target: 'draft-2020-12' }) => Record<string, unknown>;
    };
  };
}

/** The fields of a user that a host adds: a schema of an object, with its JSON Schema if the library does not tell it. */
export type ProfileFields = StandardSchema | { schema: StandardSchema; jsonSchema: Record<string, unknown> };

/** The injection token of the {@link ProfileSchema}; undefined where a host adds no fields. */
export const PROFILE = Symbol('tokenjar.profile');

/** The most that a user has. **Unit** bytes of JSON. */
const LARGEST_PROFILE = 16_384;
const DEEPEST_VALUE = 16;
const FIELD_NAME = /^[a-z][a-z0-9]*([_-]?[a-z0-9]+)*$/i;

const issue = z.object({ message: z.string(), path: z.array(z.unknown()).optional() });
/** What `validate` returns. A library may have more in it. */
const validated = z.union([
  z.object({ issues: z.array(issue).min(1) }),
  z.object({ value: z.record(z.string(), z.unknown()) }),
]);

/** What the schema of a host says of its fields. */
export class ProfileSchema {
  /** The fields by their names on the wire, as the document describes what is sent, and what is shown. */
  readonly sent: Readonly<Record<string, JsonSchema>>;
  readonly shown: Readonly<Record<string, JsonSchema>>;
  /** Those that a registration has to have. */
  readonly required: readonly string[];
  private readonly schema: StandardSchema;

  /** @throws {SettingsError} for a schema that is none of an object, or whose fields are not known. */
  constructor(
    given: ProfileFields,
    private readonly hooks: HookCalls,
  ) {
    this.schema = '~standard' in given ? given : given.schema;
    const { input, output } = '~standard' in given ? describedBy(given) : twice(given.jsonSchema);
    this.sent = fieldsIn(input);
    this.shown = fieldsIn(output);
    this.required = names.parse(input.required ?? []).filter((name) => name in this.sent);
    // What every object inherits would be read where nothing was sent.
    const odd = Object.keys(this.sent).filter((name) => !FIELD_NAME.test(name) || name in Object.prototype);
    if (odd.length > 0 || Object.keys(this.sent).length === 0)
      throw new SettingsError([`profile: ${odd.join(', ') || 'no field'} cannot be a field of a user`]);
  }

  /** What of a body is for these fields; undefined if nothing is. */
  pick(body: unknown): Profile | undefined {
    if (typeof body !== 'object' || body === null) return undefined;
    const given = Object.entries(body).filter(([name]) => Object.hasOwn(this.sent, name));
    return given.length === 0 ? undefined : Object.fromEntries(given);
  }

  /** What of a stored profile is shown: a field that the schema no longer has is not. */
  show(profile: Profile | null): Profile {
    const shown = Object.entries(profile ?? {}).filter(([name]) => Object.hasOwn(this.sent, name));
    return Object.fromEntries(shown);
  }

  /** What of a stored profile is of no field of the schema: it stays, for when it is one again. */
  rest(profile: Profile | null): Profile {
    const rest = Object.entries(profile ?? {}).filter(([name]) => !Object.hasOwn(this.sent, name));
    return Object.fromEntries(rest);
  }

  /** What is stored of what was sent. **Errors** `input_invalid`, `hook_failed`. */
  async validate(sent: Profile): Promise<Profile> {
    refuse(Object.entries(sent).flatMap(([name, value]) => flawOf(name, value)));
    const check = () => this.schema['~standard'].validate(sent);
    const result = await this.hooks.guarded('profile', check, validated);
    if ('issues' in result)
      refuse(result.issues.map(({ path, message }) => [fieldOf(path?.[0]), message] as const));
    else return this.kept(result.value);
    throw new TypeError('a schema refused without an issue');
  }

  /** As JSON, which is what the database has. **Errors** `input_invalid`, `hook_failed`. */
  private async kept(value: Profile): Promise<Profile> {
    const write = () => JSON.parse(JSON.stringify(this.show(value))) as unknown;
    const kept = await this.hooks.guarded('profile', write, z.record(z.string(), z.unknown()));
    refuse(Object.entries(kept).flatMap(([name, each]) => flawOf(name, each)));
    const sizeOf = (each: unknown) => Buffer.byteLength(JSON.stringify(each));
    const [largest = ''] = Object.keys(kept).sort((a, b) => sizeOf(kept[b]) - sizeOf(kept[a]));
    if (sizeOf(kept) > LARGEST_PROFILE) refuse([[largest, 'This field is too long.']]);
    return kept;
  }
}

const names = z.array(z.string());
const described = z.object({ properties: z.record(z.string(), z.record(z.string(), z.unknown())) });

function describedBy({ '~standard': { vendor, jsonSchema } }: StandardSchema) {
  if (!jsonSchema)
    throw new SettingsError([
      `profile: a schema of ${vendor} does not tell its JSON Schema; pass { schema, jsonSchema }`,
    ]);
  const target = { target: 'draft-2020-12' } as const;
  return { input: jsonSchema.input(target), output: jsonSchema.output(target) };
}

const twice = (schema: JsonSchema) => ({ input: schema, output: schema });

/** @throws {SettingsError} if it describes no object, or refers to definitions of its own. */
function fieldsIn(schema: JsonSchema): Record<string, JsonSchema> {
  const result = described.safeParse(schema);
  if (!result.success) throw new SettingsError(['profile: the schema is not one of an object']);
  if (JSON.stringify(result.data).includes('"$ref"'))
    throw new SettingsError(['profile: the JSON Schema of a field must not refer to others ($ref)']);
  return result.data.properties;
}

/** The name of a field in the path of an issue. **Shape** a key, or an object that has it. */
function fieldOf(segment: unknown): string {
  const key: unknown =
    typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment;
  return typeof key === 'string' || typeof key === 'number' ? String(key) : 'body';
}

function refuse(flaws: readonly (readonly [field: string, message: string])[]): void {
  if (flaws.length === 0) return;
  // The schema of a host may name any field, such as `constructor`.
  const errors = new Map<string, string[]>();
  for (const [field, message] of flaws) errors.set(field, [...(errors.get(field) ?? []), message]);
  throw new TokenjarError('input_invalid', { errors: Object.fromEntries(errors) });
}

/** Why a value cannot be stored: PostgreSQL has no NUL and no half of a character, and a stack of its own. */
function flawOf(field: string, value: unknown, depth = 0): [field: string, message: string][] {
  if (depth > DEEPEST_VALUE) return [[field, 'This field is nested too deeply.']];
  if (typeof value === 'string' && /\0|\p{Surrogate}/u.test(value))
    return [[field, 'This field must not contain NUL or invalid characters.']];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([key, each]: [string, unknown]) => [key, each])
    .flatMap((each) => flawOf(field, each, depth + 1))
    .slice(0, 1);
}
