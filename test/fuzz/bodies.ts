import fc from 'fast-check';

/** A token to present, chosen among those that were issued; `at` points to a character that is changed first. */
export interface TokenChoice {
  kind: 'access' | 'refresh';
  session: number;
  /** How many tokens ago it was current. */
  age: number;
  mutation: { at: number; to: string } | null;
}

/** What is done to one field of a body that would be good. */
export type Twist =
  | { how: 'none' }
  | { how: 'missing'; field: number }
  | { how: 'value'; field: number; value: unknown }
  | { how: 'token'; field: number; token: TokenChoice }
  | { how: 'extra'; key: string; value: unknown };

export type Body =
  | { form: 'none' }
  | { form: 'raw'; type: string | null; text: string }
  | { form: 'fields'; as: 'json' | 'form' | 'multipart'; isTrue: boolean; twist: Twist };

export const weighted = <T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
export const always = <const T>(value: T) => fc.constant<T>(value);

/** @param whole how many are as they were issued for each that is changed. */
export const token = (whole: number): fc.Arbitrary<TokenChoice> =>
  fc.record({
    kind: fc.constantFrom('access', 'refresh'),
    session: fc.nat(1000),
    age: weighted([3, always(0)], [1, fc.constantFrom(1, 1, 2, 3)]),
    mutation: weighted<TokenChoice['mutation']>(
      [whole, always(null)],
      [1, fc.record({ at: fc.nat(1000), to: fc.constantFrom('A', 'x', '-', '.', '=', '+', '%') })],
    ),
  });

const strange = fc.constantFrom<unknown>(
  ...[
    null,
    '',
    ' ',
    '   \t',
    0,
    -1,
    1.5,
    1e308,
    true,
    false,
    [],
    {},
    ['a'],
    { $ne: 1 },
    { length: 3, toString: 1 },
  ],
  ...[
    '\0',
    'a\0@example.com',
    '\ud800',
    '\udc00\ud800',
    '\u202e',
    '\u{1f511}',
    "' OR 1=1 --",
    'a\r\nb: c',
    'a@b',
  ],
  ...[
    'x'.repeat(257),
    'x'.repeat(5000),
    'x'.repeat(20_000),
    `${'a'.repeat(320)}@example.com`,
    '../..',
    '%00',
    'null',
  ],
);
const value = weighted<unknown>(
  [4, strange],
  [1, fc.string({ unit: 'binary' })],
  [1, fc.jsonValue({ maxDepth: 3 })],
);
const keys = fc.oneof(
  fc.constantFrom(
    'id',
    'roles',
    'is_active',
    'user_id',
    'refresh',
    'refresh_token',
    'constructor',
    'toString',
    '',
    'email_verified',
  ),
  fc.string(),
);
const twist: fc.Arbitrary<Twist> = weighted<Twist>(
  [2, always({ how: 'none' })],
  [2, fc.record({ how: always('missing'), field: fc.nat(3) })],
  [6, fc.record({ how: always('value'), field: fc.nat(3), value })],
  [2, fc.record({ how: always('token'), field: fc.nat(3), token: token(4) })],
  [2, fc.record({ how: always('extra'), key: keys, value })],
);

const hostileText = weighted<string>(
  [2, fc.json({ maxDepth: 4 })],
  [1, fc.string({ unit: 'binary' })],
  [
    3,
    fc.constantFrom(
      ...[
        '',
        ' ',
        '{',
        '{"email":',
        '[',
        '{}{}',
        '{"a":1,}',
        'null',
        '[]',
        '"a"',
        '1e999',
        'NaN',
        '\ufeff{}',
        '{"\ud800":1}',
      ],
      ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"email":{"__proto__":null}}'],
      ...[
        '['.repeat(5000),
        '['.repeat(5000) + ']'.repeat(5000),
        '{"a":'.repeat(4000) + '1' + '}'.repeat(4000),
      ],
      ...[
        `{"email":${'9'.repeat(4000)}}`,
        `{"password":"${'x'.repeat(66_000)}"}`,
        'email=a&email=b&password[]=c',
        'a&'.repeat(9000),
      ],
      ...[
        '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--',
        '--x',
        '<a/>',
        '%',
        'email=%ff%00',
      ],
    ),
  ],
);
const types = fc.constantFrom(
  ...[
    'application/json',
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json;;',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'text/plain',
  ],
  ...['application/xml', 'application/vnd.api+json', 'application/json, text/plain', 'json', '', '*/*', null],
);
/** A body: good, almost good, or hostile. */
export const body = weighted<Body>(
  [1, always({ form: 'none' })],
  [
    4,
    fc.record({
      form: always('fields'),
      as: always('json'),
      isTrue: always(true),
      twist: always({ how: 'none' }),
    }),
  ],
  [5, fc.record({ form: always('fields'), as: always('json'), isTrue: fc.boolean(), twist })],
  [
    1,
    fc.record({
      form: always('fields'),
      as: fc.constantFrom('form', 'multipart'),
      isTrue: fc.boolean(),
      twist,
    }),
  ],
  [3, fc.record({ form: always('raw'), type: types, text: hostileText })],
);
