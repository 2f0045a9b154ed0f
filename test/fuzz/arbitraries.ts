import fc from 'fast-check';
import { always, type Body, body, token, type TokenChoice, weighted } from './bodies.js';

/** One request, as a plan: which tokens there are is known only when it is played. */
export interface Step {
  operation: number;
  method: string | null;
  path: 'plain' | 'slash' | 'doubled' | 'query' | 'nowhere';
  id: string | number;
  /** Seconds that pass before. */
  tick: number;
  bearer:
    { form: 'none' } | { form: 'raw'; value: string } | { form: 'token'; scheme: string; token: TokenChoice };
  cookies: ({ form: 'raw'; pair: string } | { form: 'token'; quoted: boolean; token: TokenChoice })[];
  headers: Record<string, string>;
  body: Body;
}

const ofKind = (kind: TokenChoice['kind']) => token(10).map((choice) => ({ ...choice, kind }));

/** What a header may hold: Node takes no other characters. */
const headerText = fc
  .array(fc.constantFrom(...' !"#%&\'()*,-./09:;<=>?@AZ[]^_`az{|}~\t\u00e9\u00ff'), { maxLength: 40 })
  .map((characters) => characters.join('').trim());

const bearer: fc.Arbitrary<Step['bearer']> = weighted<Step['bearer']>(
  [3, always({ form: 'none' })],
  [12, fc.record({ form: always('token'), scheme: always('Bearer'), token: ofKind('access') })],
  [
    1,
    fc.record({
      form: always('token'),
      scheme: fc.constantFrom('bearer', 'JWT', 'Token', 'Bearer '),
      token: token(2),
    }),
  ],
  [1, fc.record({ form: always('raw'), value: headerText })],
  [
    1,
    fc.record({
      form: always('raw'),
      value: fc.constantFrom(
        'Bearer',
        'Bearer a b',
        'Basic dXNlcjpwYXNz',
        'Bearer ..',
        'Bearer null',
        'Bearer e30.e30.',
      ),
    }),
  ],
);

const cookie = weighted<Step['cookies'][number]>(
  [8, fc.record({ form: always('token'), quoted: always(false), token: ofKind('refresh') })],
  [1, fc.record({ form: always('token'), quoted: fc.boolean(), token: token(1) })],
  [1, fc.record({ form: always('raw'), pair: headerText })],
  [
    1,
    fc.record({
      form: always('raw'),
      pair: fc.constantFrom(
        'refresh_token=',
        'refresh_token',
        'a=b',
        '=',
        'refresh_token="',
        '__Host-refresh_token=a',
      ),
    }),
  ],
);
const cookies = weighted<Step['cookies']>(
  [4, always([])],
  [8, fc.tuple(cookie)],
  [1, fc.array(cookie, { maxLength: 5 })],
);

const origin = weighted<Record<string, string>>(
  [8, always({})],
  [2, always({ 'sec-fetch-site': 'same-origin' })],
  [
    1,
    fc.record(
      {
        origin: fc.oneof(fc.constantFrom('null', 'https://evil.example', 'http://127.0.0.1', ''), headerText),
        'sec-fetch-site': fc.constantFrom('cross-site', 'same-site', 'none', 'same-origin', ''),
      },
      { requiredKeys: [] },
    ),
  ],
);
const others = weighted<Record<string, string>>(
  [6, always({})],
  [
    1,
    fc.record(
      {
        'x-forwarded-for': fc.oneof(fc.ipV6(), headerText),
        'x-forwarded-proto': fc.constantFrom('https', 'http', 'javascript', 'https, http'),
        'x-forwarded-host': fc.constantFrom('evil.example', 'a, b', ''),
        forwarded: headerText,
        'x-http-method-override': fc.constantFrom('DELETE', 'GET', 'x'),
        'user-agent': headerText,
        accept: fc.constantFrom('text/html', 'application/xml', '*/*;q=0', 'x'),
        'accept-language': headerText,
        'content-encoding': fc.constantFrom('gzip', 'identity', 'br', 'x'),
        range: always('bytes=0-1'),
        'if-none-match': always('*'),
        expect: always('100-continue'),
      },
      { requiredKeys: [] },
    ),
  ],
);

/** A request to one of `operations` operations. */
export const step = (operations: number): fc.Arbitrary<Step> =>
  fc.record({
    operation: fc.nat(operations - 1),
    method: weighted<Step['method']>(
      [25, always(null)],
      [1, fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS')],
    ),
    path: weighted<Step['path']>(
      [20, always('plain')],
      [1, fc.constantFrom('slash', 'doubled', 'query', 'nowhere')],
    ),
    id: weighted<string | number>(
      [3, fc.nat(1000)],
      [1, fc.uuid()],
      [1, fc.constantFrom('0', 'x', '%00', '%2e%2e', '%E0%A4%A', "'--", 'x'.repeat(200))],
    ),
    tick: weighted([16, always(0)], [4, fc.constantFrom(1, 20, 45, 130, 130, 200)], [1, always(700)]),
    bearer,
    cookies,
    headers: fc.tuple(origin, others).map(([some, more]) => ({ ...some, ...more })),
    body,
  });
