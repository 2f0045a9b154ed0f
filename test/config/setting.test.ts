import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { duration, flag, limit, list, oneOf, oneOfAnyCase, setting, text } from '../../src/config/setting.js';

const description = 'What it is for.';
const read = (schema: z.ZodType, value: unknown) => schema.safeParse(value);
const problemOf = (schema: z.ZodType, value: unknown) => read(schema, value).error?.issues[0]?.message;

describe('a row contains its default once', () => {
  test.each([
    ['a duration', setting({ schema: duration(), default: '10m', description }), 600, '10m', 'duration'],
    ['a switch', setting({ schema: flag, default: false, description }), false, 'off', undefined],
    [
      'a list',
      setting({ schema: list(text), default: ['a', 'b'], description }),
      ['a', 'b'],
      'a,b',
      undefined,
    ],
    ['an empty list', setting({ schema: list(text), default: [], description }), [], 'none', undefined],
    [
      'a limit',
      setting({ schema: limit, default: '5/1h', description }),
      { quota: 5, window: 3600 },
      '5/1h',
      'attempts per period, or `off`',
    ],
    [
      'none',
      setting({ schema: text, unset: 'made at start', description }),
      undefined,
      'made at start',
      undefined,
    ],
  ])('%s', (_kind, schema, value, documented, unit) => {
    expect(read(schema, undefined)).toEqual({ success: true, data: value });
    expect(schema.meta()).toMatchObject({ default: documented, description });
    expect(schema.meta()?.unit).toBe(unit);
  });

  test('which passes through the schema like a set value', () => {
    expect(read(setting({ schema: duration(60), default: '1s', description }), undefined).success).toBe(
      false,
    );
  });
});

describe('a choice lists its values once', () => {
  test.each([
    [['auto', 'off'], 'must be auto or off'],
    [['none', 'optional', 'mandatory'], 'must be none, optional or mandatory'],
  ] as const)('%j', (words, problem) => {
    expect(problemOf(oneOf(words), 'other')).toBe(problem);
    expect(problemOf(oneOfAnyCase(words), 'other')).toBe(problem);
    expect(read(oneOfAnyCase(words), words[1].toUpperCase()).data).toBe(words[1]);
    expect(read(oneOf(words), words[1].toUpperCase()).success).toBe(false);
  });
});
