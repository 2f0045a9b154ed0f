import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { FORM_TYPE } from '../../../src/http/dialects/dialect.js';
import { DIALECTS } from '../../../src/http/dialects/dialects.js';

/** What a form has for a value of JSON. */
const AS_TEXT: Record<string, string> = { boolean: 'true', object: '{"id":"x"}' };

interface Field {
  type?: string;
}

/** Every field of a body that is no text, in the dialects that take forms. */
const FIELDS = Object.entries(DIALECTS).flatMap(([name, { operations, bodyTypes }]) =>
  Object.entries(operations).flatMap(([operation, { takes }]) => {
    if (!takes || !bodyTypes.includes(FORM_TYPE)) return [];
    const { $defs = {}, ...top } = z.toJSONSchema(takes, { io: 'input', unrepresentable: 'any' });
    const fields = [top, ...Object.values($defs)].flatMap(({ properties = {} }) =>
      Object.entries(properties),
    );
    return (fields as [string, Field][]).flatMap(([field, { type = 'string' }]) =>
      type in AS_TEXT ? [{ name, operation, field, takes, text: AS_TEXT[type] }] : [],
    );
  }),
);

test.each(FIELDS)('$name: a form has $field of $operation as text', ({ field, takes, text }) => {
  const { error } = takes.safeParse({ [field]: text });
  expect(error?.issues.filter(({ path }) => path[0] === field) ?? []).toEqual([]);
});

test('there are such fields', () => {
  const found = new Set(FIELDS.map(({ field }) => field));
  expect(found).toEqual(new Set(['remember', 'credential', 'trust_device', 'active', 'email_verified']));
});
