import { type ArgumentMetadata, Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import type { z } from 'zod';
import { type FieldErrors, TokenjarError } from '../errors.js';

type Issue = Pick<z.core.$ZodIssue, 'message'> & { path?: readonly (PropertyKey | { key: PropertyKey })[] };

/** Reads a body with the schema of its handler. No body at all counts as `{}`. **Errors** `input_invalid`. */
@Injectable()
export class InputPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => inputInvalid(issues) });
  }

  override transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    const isEmpty = metadata.type === 'body' && value === undefined;
    return super.transform(isEmpty ? ({} as Value) : value, metadata);
  }
}

/** Reads a body where no pipe stands: guards run before them. **Errors** `input_invalid`. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {});
  if (!result.success) throw inputInvalid(result.error.issues);
  return result.data;
}

/** What is wrong, by field; `body` where it is the whole. */
function inputInvalid(issues: readonly Issue[]): TokenjarError {
  const errors: FieldErrors = {};
  for (const { path, message } of issues) {
    const [first] = path ?? [];
    const field = String(typeof first === 'object' ? first.key : (first ?? 'body'));
    (errors[field] ??= []).push(message);
  }
  return new TokenjarError('input_invalid', { errors });
}
