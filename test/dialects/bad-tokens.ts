import { createHmac } from 'node:crypto';
import { SECRET_KEY } from '../support/app.js';
import { TestClock } from '../support/clock.js';
import { forged } from './django-client.js';
import type { Claims } from './play.js';

/** When every test begins. **Unit** seconds since 1970. */
const NOW = Math.floor(new TestClock().now().getTime() / 1000);

/** What is wrong with a token, whichever it is, and what simplejwt says of it. */
export const BAD: [what: string, make: (good: string) => string, text: string][] = [
  ['rubbish', () => 'rubbish', 'Token is invalid'],
  ['three parts of nothing', () => 'a.b.c', 'Token is invalid'],
  ['of another key', (good) => forged(good, {}, undefined, 'k'.repeat(50)), 'Token is invalid'],
  [
    'a changed claim',
    (good) => good.replace(/\.[^.]+\./, `.${forged(good, { user_id: '999999' }).split('.')[1]}.`),
    'Token is invalid',
  ],
  ['cut off', (good) => good.slice(0, -2), 'Token is invalid'],
  ['alg none', (good) => forged(good, {}, { alg: 'none', typ: 'JWT' }), 'Token is invalid'],
  ['HS512', (good) => forged(good, {}, { alg: 'HS512', typ: 'JWT' }), 'Token is invalid'],
  ['HS384', (good) => forged(good, {}, { alg: 'HS384', typ: 'JWT' }), 'Token is invalid'],
  ['HS512 in name only', (good) => hs256(good, { alg: 'HS512', typ: 'JWT' }), 'Token is invalid'],
  ['nbf to come', (good) => forged(good, { nbf: NOW + 60 }), 'Token is invalid'],
  ['iat to come', (good) => forged(good, { iat: NOW + 60 }), 'Token is invalid'],
  ['iat is no number', (good) => forged(good, { iat: 'now' }), 'Token is invalid'],
  ['exp is no number', (good) => forged(good, { exp: 'soon' }), 'Token is invalid'],
  ['expired', (good) => forged(good, { iat: NOW - 100, exp: NOW - 50 }), 'Token is expired'],
  ['expires this second', (good) => forged(good, { exp: NOW }), 'Token is expired'],
  ['no exp', (good) => forged(good, { exp: undefined }), "Token has no 'exp' claim"],
  // simplejwt with its blacklist fails with a 500 at a refresh.
  ['no jti', (good) => forged(good, { jti: undefined }), 'Token has no id'],
  ['no type', (good) => forged(good, { token_type: undefined }), 'Token has no type'],
  ['sliding', (good) => forged(good, { token_type: 'sliding' }), 'Token has wrong type'],
];

function hs256(token: string, header: Claims): string {
  const part = Buffer.from(JSON.stringify(header)).toString('base64url');
  const text = `${part}.${token.split('.')[1]}`;
  return `${text}.${createHmac('sha256', SECRET_KEY).update(text).digest('base64url')}`;
}
