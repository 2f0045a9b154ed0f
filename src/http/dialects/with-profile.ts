import { z } from 'zod';
import { SettingsError } from '../../config/check.js';
import type { Options } from '../../config/options.js';
import type { ProfileSchema } from '../../hooks/profile.js';
import { type Dialect, takenBy } from './dialect.js';
import { user as djangoUser } from './django-names.js';
import { user } from './standard-tokens.js';

type JsonSchema = Record<string, unknown>;

/** Every schema of a user whose own fields stand beside ours. */
export const USER_SHAPES: ReadonlySet<unknown> = new Set([user, djangoUser]);

/** What errors have in their bodies, where a dialect puts those of fields beside it. */
const OF_ERRORS = ['code', 'detail', 'non_field_errors'];

/**
 * A dialect whose users have the fields of a host: a registration and a change take them beside ours, under the names of
 * the host.
 *
 * @throws {SettingsError} if one of them has the name of a field of ours, which would never be the host's.
 */
export function withProfile(dialect: Dialect, profile: ProfileSchema, options: Options): Dialect {
  const { register, updateUser } = dialect.operations;
  const own = new Set([...Object.keys(user.shape), ...Object.keys(djangoUser.shape), ...OF_ERRORS]);
  const extended = <Input extends object>(takes: z.ZodType<Input> | undefined, isNew: boolean) => {
    if (!takes) return undefined;
    const ours = described(takes);
    for (const name of Object.keys(ours.properties ?? {})) own.add(name);
    return withFields(takes, ours, profile, isNew);
  };
  const operations = { ...dialect.operations };
  const registers = extended(takenBy(register, options), true);
  const updates = extended(takenBy(updateUser, options), false);
  if (register && registers) operations.register = { ...without(register), takes: registers };
  if (updateUser && updates) operations.updateUser = { ...without(updateUser), takes: updates };
  const taken = Object.keys(profile.sent).filter((name) => own.has(name));
  if (taken.length > 0)
    throw new SettingsError(taken.map((name) => `profile: ${name} is a field of Tokenjar's own`));
  return {
    ...dialect,
    operations,
    // Theirs are on the wire as the host writes them.
    fieldName: (name) => (Object.hasOwn(profile.sent, name) ? name : dialect.fieldName(name)),
  };
}

/** Of a schema that has a name, zod describes the name. */
function described(takes: z.ZodType): JsonSchema {
  const { $ref, $defs, ...schema } = z.toJSONSchema(takes, { io: 'input', unrepresentable: 'any' });
  return $ref === undefined ? schema : ($defs?.[$ref.slice($ref.lastIndexOf('/') + 1)] ?? {});
}

const without = <Form extends object>(form: Form): Omit<Form, 'takesFor'> => {
  const { takesFor, ...rest } = form as Form & { takesFor?: unknown };
  void takesFor;
  return rest;
};

/** Reads our fields as ever, and hands on those of the host as they came: their schema may be asynchronous. */
function withFields<Input extends object>(
  takes: z.ZodType<Input>,
  ours: JsonSchema,
  profile: ProfileSchema,
  isNew: boolean,
): z.ZodType<Input> {
  const { id, examples = [] } = (takes.meta() ?? {}) as { id?: string; examples?: object[] };
  const required = [...((ours.required ?? []) as string[]), ...(isNew ? profile.required : [])];
  const added = exampleOf(profile);
  return z
    .unknown()
    .transform((body, context): Input => {
      const result = takes.safeParse(body);
      if (!result.success) {
        for (const { path, message } of result.error.issues)
          context.addIssue({ code: 'custom', path: [...path], message });
        return z.NEVER;
      }
      const sent = profile.pick(body) ?? (isNew ? {} : undefined);
      return { ...result.data, ...(sent && { profile: sent }) };
    })
    .meta({
      // The one of a login may be the same as that of a registration.
      id: isNew ? 'Registration' : (id ?? 'UserChange'),
      type: 'object',
      properties: { ...(ours.properties ?? {}), ...profile.sent },
      ...(required.length > 0 && { required }),
      examples: examples.map((each) => ({ ...each, ...added })),
    });
}

/** A value of each field: an example of the host, or one of its type. */
const exampleOf = (profile: ProfileSchema): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(profile.sent).flatMap(([name, schema]) => {
      const value = valueOf(schema);
      return value === undefined ? [] : [[name, value]];
    }),
  );

function valueOf({ examples, default: usual, enum: values, const: only, type }: JsonSchema): unknown {
  const [example] = [...listed(examples), usual, only, ...listed(values)].filter(
    (each) => each !== undefined,
  );
  if (example !== undefined) return example;
  return { string: 'text', integer: 1, number: 1, boolean: true }[String(type)];
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
