import { type KeyObject, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { part, signed, unsigned } from '../support/jwt.js';
import { accepted, type Attack, claimsOf, headerOf, refused, resigned, type Target } from './attack.js';

/** The order of the group of P-256. **Source** FIPS 186-5, SP 800-186 §3.2.1.3. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Signatures that are none, or are not written as they have to be. */
export function brokenSignatures(target: Target): Attack[] {
  const [head = '', claims = '', text = ''] = target.token.split('.');
  const good = Buffer.from(text, 'base64url');
  const broken = (what: string, signature: Buffer) =>
    refused(what, `${head}.${claims}.${signature.toString('base64url')}`);
  const flipped = (at: number) => good.map((byte, i) => (i === at ? byte ^ 1 : byte)) as Buffer;
  return [
    broken('zeros', Buffer.alloc(good.length)),
    broken('ones', Buffer.alloc(good.length, 255)),
    broken('a byte short', good.subarray(0, -1)),
    broken('a byte short at the front', good.subarray(1)),
    broken('half', good.subarray(0, good.length / 2)),
    broken('one byte', good.subarray(0, 1)),
    broken('a zero more', Buffer.concat([good, Buffer.alloc(1)])),
    broken('a zero more at the front', Buffer.concat([Buffer.alloc(1), good])),
    broken('twice', Buffer.concat([good, good])),
    broken('700 bytes', Buffer.concat([good, Buffer.alloc(700 - good.length)])),
    broken('backwards', Buffer.from(good).reverse()),
    broken('the first bit flipped', Buffer.from(flipped(0))),
    broken('the last bit flipped', Buffer.from(flipped(good.length - 1))),
    refused('in hexadecimal', `${head}.${claims}.${good.toString('hex')}`),
    ...(target.algorithm === 'ES256' ? brokenPoints(`${head}.${claims}`, good, target.key) : []),
  ];
}

/** **Source** CVE-2022-21449 ("psychic signatures"); RFC 7518 §3.4. */
function brokenPoints(text: string, good: Buffer, key: KeyObject): Attack[] {
  const number = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
  const token = (r: Buffer, s: Buffer) => `${text}.${Buffer.concat([r, s]).toString('base64url')}`;
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const other = number(P256_ORDER - BigInt(`0x${s.toString('hex')}`));
  const edges = [0n, 1n, P256_ORDER - 1n, P256_ORDER];
  const der = sign('sha256', Buffer.from(text), key);
  return [
    ...edges.flatMap((a) =>
      edges.map((b) => refused(`r=${edges.indexOf(a)} s=${edges.indexOf(b)}`, token(number(a), number(b)))),
    ),
    refused('r good, s=0', token(r, number(0n))),
    refused('r=0, s good', token(number(0n), s)),
    refused('r and s exchanged', token(s, r)),
    refused('in DER', `${text}.${der.toString('base64url')}`),
    // The other of the two signatures that any ECDSA signature is. Whoever has one token has only this very token:
    // what is blacklisted are claims, so nothing is gained.
    accepted('s and its complement are equally good', token(r, other)),
  ];
}

/** More than one spelling of one token. **Source** RFC 7515 §2; RFC 4648 §3.5; Wycheproof `base64`. */
export function otherSpellings(target: Target): Attack[] {
  const parts = target.token.split('.');
  const withPart = (at: number, change: (text: string) => string) =>
    parts.map((text, i) => (i === at ? change(text) : text)).join('.');
  const each = (what: string, change: (text: string) => string): Attack[] =>
    [0, 1, 2].map((at) => refused(`${what} in part ${at}`, withPart(at, change)));
  const inside = (what: string) => (text: string) => `${text.slice(0, 4)}${what}${text.slice(4)}`;
  return [
    ...each('a = behind', (text) => `${text}=`),
    ...each('== behind', (text) => `${text}==`),
    ...['\n', '\r\n', ' ', '\t', '\0', '\u200b', '\ufeff', '?', '#', '.', '%', '\u0430'].flatMap(
      (character) => each(`${JSON.stringify(character)} inside`, inside(character)),
    ),
    ...each('spare bits set', withSpareBits).filter(({ token }) => token !== target.token),
    ...each('in base64', (text) => Buffer.from(text, 'base64url').toString('base64').replace(/=*$/, '+')),
    ...each('one character more', (text) => `${text}A`),
    ...['\n', ' ', '\t', '\u00a0'].flatMap((blank) => [
      { ...refused(`${JSON.stringify(blank)} before`, blank + target.token), isPadded: true },
      { ...refused(`${JSON.stringify(blank)} behind`, target.token + blank), isPadded: true },
    ]),
    refused('a dot behind', `${target.token}.`),
    refused('a dot before', `.${target.token}`),
    refused('two tokens', `${target.token}.${target.token}`),
    refused('two tokens and a comma', `${target.token},${target.token}`),
    refused('in quotes', `'${target.token}'`),
    refused('with its scheme', `Bearer:${target.token}`),
    refused('dots as an address has them', target.token.replaceAll('.', '%2E')),
    refused('full-width dots', target.token.replaceAll('.', '\uff0e')),
    refused('longer than we read', resigned(target, {}, { pad: 'x'.repeat(6300) })),
    refused('9000 characters', 'a'.repeat(9000)),
    refused('4000 dots', '.'.repeat(4000)),
  ];
}

/** The last character with other bits where the decoder does not look. */
function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (text.length % 4 === 0) return text;
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) + 1);
}

/** What is no JWS in its compact form, or asks for more than we do; all of it under a good signature. */
export function otherForms(target: Target): Attack[] {
  const { algorithm, key, token } = target;
  const [head = '', claims = '', signature = ''] = token.split('.');
  const json = JSON.stringify(claimsOf(target));
  const bySelf = (text: string) => signed(text, algorithm, key);
  const names = [['b64'], ['exp'], ['alg'], ['mallory'], [], null, 'exp', {}, false, [null]];
  return [
    ...names.map((crit) =>
      refused(`crit ${JSON.stringify(crit)}`, resigned(target, { crit, mallory: 1, b64: true })),
    ),
    refused(
      'b64 false (RFC 7797)',
      bySelf(`${part({ ...headerOf(target), b64: false, crit: ['b64'] })}.${json}`),
    ),
    refused('b64 false, not critical', bySelf(`${part({ ...headerOf(target), b64: false })}.${json}`)),
    refused('detached claims', `${head}..${signature}`),
    refused(
      'zip',
      bySelf(`${part({ ...headerOf(target), zip: 'DEF' })}.${deflateRawSync(json).toString('base64url')}`),
    ),
    refused('a token in a token', bySelf(unsigned({ ...headerOf(target), cty: 'JWT' }, token))),
    refused(
      'a token in a token, in quotes',
      bySelf(unsigned({ ...headerOf(target), cty: 'JWT' }, JSON.stringify(token))),
    ),
    refused('JWE', `${part({ alg: 'dir', enc: 'A256GCM' })}..${part('0123456789ab')}.${claims}.${signature}`),
    refused('JWE of five full parts', `${head}.${head}.${head}.${claims}.${signature}`),
    refused('flattened JSON', JSON.stringify({ protected: head, payload: claims, signature })),
    refused(
      'general JSON',
      JSON.stringify({ payload: claims, signatures: [{ protected: head, signature }] }),
    ),
    refused('claims alone', json),
    ...['null', '[]', '"a"', '1', 'true', '{', `[${json}]`, `${json}${json}`, `\ufeff${json}`, ''].map(
      (text) => refused(`claims ${text.slice(0, 12)}`, bySelf(unsigned(headerOf(target), text))),
    ),
    ...['null', '[]', '"a"', '1', 'true', '{', ''].map((text) =>
      refused(`header ${text}`, bySelf(unsigned(text, claimsOf(target)))),
    ),
    ...otherHeaders(target),
  ];
}

function otherHeaders(target: Target): Attack[] {
  const { algorithm, format, kind } = target;
  const header = JSON.stringify(headerOf(target)).slice(1, -1);
  const [, claims = ''] = target.token.split('.');
  const isStandardAccess = kind === 'access' && format === 'standard';
  const types = [
    '',
    'dpop+jwt',
    'jose',
    'JWT\0',
    'J\u0174T',
    null,
    1,
    ['JWT'],
    isStandardAccess ? 'JWT' : 'at+jwt',
  ];
  return [
    ...types.map((typ) => refused(`typ ${JSON.stringify(typ)}`, resigned(target, { typ }))),
    format === 'standard'
      ? refused('no typ', resigned(target, { typ: undefined }))
      : accepted('no typ, as simplejwt may have it', resigned(target, { typ: undefined })),
    refused('alg twice, the last none', `${part(`{${header},"alg":"none"}`)}.${claims}.`),
    refused('alg twice, the first none', `${part(`{"alg":"none",${header}}`)}.${claims}.`),
    refused(
      'alg twice, the first none, a signature of zeros',
      `${part(`{"alg":"none",${header}}`)}.${claims}.${'A'.repeat(43)}`,
    ),
    refused('alg in Cyrillic', `${part(`{"\u0430lg":"${algorithm}"}`)}.${claims}.`),
    refused('alg by prototype', `${part(`{"__proto__":{"alg":"${algorithm}"}}`)}.${claims}.`),
    refused('alg escaped', `${part(String.raw`{"\u0061lg":"none"}`)}.${claims}.`),
    refused(
      'a header that is no UTF-8',
      signed(
        `${Buffer.from(`{${header},"alg":"\xff"}`, 'latin1').toString('base64url')}.${claims}`,
        algorithm,
        target.key,
      ),
    ),
    accepted('a header of any script', resigned(target, { note: '\u00e9\u0436\u{1f511}' })),
    accepted('a key brought along and not needed', resigned(target, { jwk: { kty: 'oct', k: 'AAAA' } })),
    accepted('of many blanks', resigned(target, ` { ${header.replaceAll(',', ' ,\n ')} } `)),
  ];
}
