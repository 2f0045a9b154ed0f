import { hkdfSync, type KeyObject } from 'node:crypto';
import { SECRET_KEY } from '../support/app.js';
import { hmac, type Json, pem, signed } from '../support/jwt.js';
import { type Attack, headed, headerOf, MALLORY, refused, resigned, type Target } from './attack.js';
import { ofNoKind } from './claims.js';

/** No signature at all. **Source** RFC 8725 §2.1, §3.1; CVE-2015-9235, CVE-2020-28042. */
export function withoutSignature(target: Target): Attack[] {
  const [, claims = '', signature = ''] = target.token.split('.');
  const spellings = ['none', 'None', 'NONE', 'nOnE', 'nonE', ' none', 'none ', 'none\0', 'null', 'false', ''];
  const absent = [undefined, null, 0, false, [], {}, [target.algorithm], { alg: target.algorithm }];
  return [...spellings, ...absent].flatMap((alg) => {
    const text = headed(target, { alg });
    const name = `alg ${JSON.stringify(alg)}`;
    return [
      refused(`${name}, no signature`, `${text}.`),
      refused(`${name}, no dot for one`, text),
      refused(`${name}, a signature of one byte`, `${text}.AA`),
      refused(`${name}, the signature of the real one`, `${text}.${signature}`),
      refused(`${name}, an empty HMAC key`, hmac(text, '')),
      refused(`${name}, signed by the server`, signed(text, target.algorithm, target.key)),
      refused(`${name}, nothing but claims`, `.${claims}.`),
    ];
  });
}

/** One algorithm in name, another in truth; a public key as a secret. **Source** RFC 8725 §2.1; CVE-2016-10555. */
export function confusedAlgorithms(target: Target): Attack[] {
  const others = 'HS256 HS384 HS512 RS256 RS384 PS256 ES256 ES384 ES256K EdDSA RSA-OAEP dir hs256 es256 HMAC'
    .split(' ')
    .concat(`${target.algorithm} `, `${target.algorithm}\0`, `\u200b${target.algorithm}`, '\uff28\uff33256')
    .filter((alg) => alg !== target.algorithm);
  return [
    ...others.map((alg) =>
      refused(`alg ${alg} in name only`, signed(headed(target, { alg }), target.algorithm, target.key)),
    ),
    ...(target.published ? textsOf(target.published) : guesses()).flatMap(([form, secret]) =>
      [256, 384, 512].flatMap((bits) => [
        refused(`HS${bits} under ${form}`, hmac(headed(target, { alg: `HS${bits}` }), secret, bits)),
        refused(
          `HS${bits} under ${form}, without kid`,
          hmac(headed(target, { alg: `HS${bits}`, kid: undefined }), secret, bits),
        ),
        refused(
          `${target.algorithm}, in truth HS${bits} under ${form}`,
          hmac(headed(target, {}), secret, bits),
        ),
      ]),
    ),
  ];
}

/** Every form in which somebody might have a public key at hand as a text or as bytes. */
function textsOf({ key, jwk }: NonNullable<Target['published']>): [form: string, secret: string | Buffer][] {
  const spki = pem(key);
  const der = key.export({ format: 'der', type: 'spki' });
  const numbers = ['x', 'y', 'n', 'e'].flatMap((name) => (typeof jwk[name] === 'string' ? [jwk[name]] : []));
  const bytes = Buffer.concat(numbers.map((number) => Buffer.from(number, 'base64url')));
  return [
    ['its PEM', spki],
    ['its PEM without the last newline', spki.trimEnd()],
    ['its PEM with CRLF', spki.replaceAll('\n', '\r\n')],
    ['its PEM on one line', spki.replaceAll('\n', '')],
    ['its PEM with newlines written out', spki.replaceAll('\n', '\\n')],
    ['its PEM without the frame', spki.replace(/-----[^-]+-----\n/g, '')],
    ['its DER', der],
    ['its DER in base64', der.toString('base64')],
    ['its JWK', JSON.stringify(key.export({ format: 'jwk' }))],
    ['its JWK as published', JSON.stringify(jwk)],
    ['its JWK set', JSON.stringify({ keys: [jwk] })],
    ['its numbers', bytes],
    ['its point, not compressed', Buffer.concat([Buffer.from([4]), bytes])],
    ['its first number as a text', numbers[0] ?? ''],
    ['its kid', String(jwk.kid)],
    ...(key.asymmetricKeyType === 'rsa'
      ? [['its PKCS #1 PEM', key.export({ format: 'pem', type: 'pkcs1' }).toString()] as [string, string]]
      : []),
  ];
}

/** Secrets that are none. */
function guesses(): [form: string, secret: string | Buffer][] {
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', SECRET_KEY, '', purpose, 32));
  return [
    ['nothing', ''],
    ['zeros', Buffer.alloc(32)],
    ['secret', 'secret'],
    ['your-256-bit-secret', 'your-256-bit-secret'],
    ['undefined', 'undefined'],
    ['null', 'null'],
    ['[object Object]', '[object Object]'],
    ['the issuer', 'tokenjar'],
    ['a key of another purpose', derived('tokenjar sealed signing key v1')],
    ['a key of no version', derived('tokenjar refresh token')],
  ];
}

/** A key that the token brings along or points to. **Source** RFC 8725 §2.9, §3.10; CVE-2018-0114. */
export function broughtKeys(target: Target): Attack[] {
  const kids = [
    'mallory',
    '../../../../../../dev/null',
    '/proc/sys/kernel/randomize_va_space',
    'file:///dev/null',
    'http://127.0.0.1:1/key',
    "x' UNION SELECT 'secret' --",
    "'; DROP TABLE tokenjar.signing_keys; --",
    'x|/usr/bin/id',
    '${jndi:ldap://127.0.0.1:1/a}',
    '\0',
    `${String(headerOf(target).kid)}\0`,
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'x'.repeat(2000),
    0,
    -1,
    null,
    {},
    [],
  ];
  return (['ES256', 'RS256'] as const).flatMap((alg) => {
    const { privateKey, publicKey } = MALLORY[alg];
    const jwk = publicKey.export({ format: 'jwk' }) as Json;
    const sign = (header: Json) => signed(headed(target, { alg, ...header }), alg, privateKey);
    return [
      refused(`${alg} by another key`, sign({})),
      refused(`${alg} by another key, without kid`, sign({ kid: undefined })),
      refused(`${alg} by a key brought as jwk`, sign({ jwk })),
      refused(`${alg} by a key brought as jwk, without kid`, sign({ jwk, kid: undefined })),
      refused(
        `${alg} by a key brought as jwk that has our kid`,
        sign({ jwk: { ...jwk, kid: headerOf(target).kid } }),
      ),
      refused(`${alg} by a key brought as a JWK set`, sign({ jwks: { keys: [jwk] } })),
      refused(`${alg} by a key that jku points to`, sign({ jku: 'http://127.0.0.1:1/jwks.json' })),
      refused(
        `${alg} by a key that jku has in it`,
        sign({ jku: `data:application/json,${JSON.stringify({ keys: [jwk] })}` }),
      ),
      refused(`${alg} by a key that x5u points to`, sign({ x5u: 'http://127.0.0.1:1/cert.pem' })),
      refused(`${alg} by a key brought as x5c`, sign({ x5c: [derOf(publicKey)] })),
      refused(`${alg} by a key named by x5t`, sign({ x5t: 'AAAA', 'x5t#S256': 'AAAA' })),
      refused(`${alg} by a key that epk brings`, sign({ epk: jwk })),
      ...kids.map((kid) =>
        refused(`${alg} by another key, kid ${JSON.stringify(kid).slice(0, 50)}`, sign({ kid })),
      ),
      ...kids.map((kid) =>
        refused(
          `HS256 under nothing, kid ${JSON.stringify(kid).slice(0, 50)}`,
          hmac(headed(target, { alg: 'HS256', kid }), ''),
        ),
      ),
    ];
  });
}

const derOf = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64');

/** Tokens that are good elsewhere. **Source** RFC 8725 §2.8, §3.11, §3.12. */
export function otherTokens(target: Target): Attack[] {
  const [head = '', claims = '', signature = ''] = target.token.split('.');
  const [, foreignClaims = '', foreignSignature = ''] = target.foreign.split('.');
  const other = target.kind === 'access' ? 'refresh' : 'access';
  // The check that its words choose: in the standard format it finds another `typ` and another key.
  const byItsWords = target.format === 'simplejwt' ? { verify: 'accepted' } : { verify: 'token_invalid' };
  return [
    refused('of another instance', target.foreign),
    refused('the claims of another instance', `${head}.${foreignClaims}.${signature}`),
    refused('the signature of another instance', `${head}.${claims}.${foreignSignature}`),
    {
      ...refused('of the other kind, of this session', target.sibling, 'token_wrong_type'),
      at: { verify: 'accepted' },
    },
    {
      ...refused(
        'of the other kind by its words',
        resigned(target, {}, { token_type: other }),
        'token_wrong_type',
      ),
      at: byItsWords,
    },
    ofNoKind(
      target,
      refused(
        'of a kind that there is not',
        resigned(target, {}, { token_type: 'sliding' }),
        'token_wrong_type',
      ),
    ),
  ];
}
