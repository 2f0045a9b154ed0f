import { z } from 'zod';
import type { Options } from '../config/options.js';
import { managedUser } from '../http/dialects/standard-admin.js';
import { USER_SHAPES } from '../http/dialects/with-profile.js';
import type { ProfileSchema } from '../hooks/profile.js';
import { shownAddress, shownUserId, shownUsername, userIdField } from '../http/fields.js';

export type JsonSchema = Record<string, unknown>;

/** The named schemas of a document. */
export class Schemas {
  readonly named: Record<string, JsonSchema> = {};

  constructor(
    private readonly options: Pick<Options, 'signInWith' | 'userId'>,
    private readonly profile?: ProfileSchema,
  ) {}

  /** Turns a zod schema into a reference, or into itself where it has no name. */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $defs = {}, ...top } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (this.options.signInWith === 'email') withoutUsernames(zodSchema, jsonSchema);
        withUserIds(zodSchema, jsonSchema, this.options);
        if (this.profile) withFieldsOfHost(zodSchema, jsonSchema, this.profile);
      },
    });
    delete top.$schema;
    for (const [name, definition] of Object.entries($defs)) this.add(name, tidy(definition));
    return tidy(top);
  }

  private add(name: string, schema: JsonSchema): void {
    const known = this.named[name];
    if (known && JSON.stringify(known) !== JSON.stringify(schema))
      throw new TypeError(`two schemas are named ${name}`);
    this.named[name] = schema;
  }
}

/** Where everybody signs in by address, everybody has one, and no other name. */
function withoutUsernames(zodSchema: z.core.$ZodType, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  if (zodSchema === shownAddress) {
    delete jsonSchema.anyOf;
    jsonSchema.type = 'string';
  }
  const { shape } = zodSchema._zod.def as { shape?: Record<string, unknown> };
  for (const [name, field] of Object.entries(shape ?? {}))
    if (field === shownUsername) {
      delete jsonSchema.properties?.[name];
      jsonSchema.required = jsonSchema.required?.filter((each) => each !== name) ?? [];
    }
}

/** A user may lack any of them: who was imported or invited was not asked. */
function withFieldsOfHost(
  zodSchema: z.core.$ZodType,
  jsonSchema: z.core.JSONSchema.BaseSchema,
  { shown }: ProfileSchema,
): void {
  if (USER_SHAPES.has(zodSchema)) jsonSchema.properties = { ...jsonSchema.properties, ...shown };
  if (zodSchema !== managedUser) return;
  jsonSchema.properties = { ...jsonSchema.properties, profile: { type: 'object', properties: shown } };
}

/** The type of the IDs of users. */
export const userIdSchema = ({ userId }: Pick<Options, 'userId'>): JsonSchema =>
  userId === 'uuid' ? { type: 'string', format: 'uuid' } : { type: 'integer' };

/** IDs of users have the one type of the setting. */
export function withUserIds(
  zodSchema: z.core.$ZodType,
  jsonSchema: z.core.JSONSchema.BaseSchema,
  options: Pick<Options, 'userId'>,
): void {
  if (zodSchema !== shownUserId && zodSchema !== userIdField) return;
  delete jsonSchema.anyOf;
  delete jsonSchema.maxLength;
  Object.assign(jsonSchema, userIdSchema(options));
}

/** Points references at the document's components, and drops what zod says and a reader does not need. */
export const tidy = (schema: JsonSchema): JsonSchema =>
  JSON.parse(
    JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/'),
    (_key, value: unknown) => (isSchema(value) ? withoutNoise(value) : value),
  ) as JsonSchema;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function withoutNoise(schema: JsonSchema): JsonSchema {
  const noise = Object.entries(schema).filter(
    ([key, value]) =>
      // Every JavaScript integer has these bounds.
      (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
      (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
      // Every JSON name is a text.
      key === 'propertyNames' ||
      // The format says it in one word.
      (key === 'pattern' && 'format' in schema) ||
      // A client has to bear fields that a later version adds.
      (key === 'additionalProperties' && value === false) ||
      // They stand beside the schema, where the tools look for them.
      (key === 'examples' && Array.isArray(value)),
  );
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !noise.some(([name]) => name === key)));
}
