import { describe, expect, test } from '@jest/globals';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import type { Algorithm } from '../../src/tokens/key-ring.js';
import { signatureOf, signerOf } from '../../src/tokens/jwt.js';

const jwt = new JwtService({});
const CLAIMS = { sub: '7', roles: ['ü'], iat: 1_772_366_400, exp: 1_772_367_000 };

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const secret = createSecretKey(Buffer.alloc(64, 7));
const KEYS: Record<Algorithm, { privateKey: KeyObject; publicKey: KeyObject }> = {
  HS256: { privateKey: secret, publicKey: secret },
  HS384: { privateKey: secret, publicKey: secret },
  HS512: { privateKey: secret, publicKey: secret },
  ES256: curve('P-256'),
  ES384: curve('P-384'),
  ES512: curve('P-521'),
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
};

describe.each(Object.entries(KEYS))('%s', (name, { privateKey, publicKey }) => {
  const algorithm = name as Algorithm;
  const token = signerOf(privateKey, { alg: algorithm, typ: 'at+jwt', kid: 'k' })(CLAIMS);

  test('jsonwebtoken accepts our signatures, with unchanged claims and header', () => {
    const found = jwt.verify<{ header: object; payload: object }>(token, {
      publicKey: publicKey as unknown as Buffer,
      algorithms: [algorithm],
      ignoreExpiration: true,
      complete: true,
    });
    expect(found).toMatchObject({ header: { alg: name, typ: 'at+jwt', kid: 'k' }, payload: CLAIMS });
  });

  test('and refuses them for another text', () => {
    const [head, , signature] = token.split('.');
    const other = Buffer.from(JSON.stringify({ ...CLAIMS, sub: '8' })).toString('base64url');
    expect(() =>
      jwt.verify<object>(`${head}.${other}.${signature}`, {
        publicKey: publicKey as unknown as Buffer,
        algorithms: [algorithm],
        ignoreExpiration: true,
      }),
    ).toThrow(/invalid signature/);
  });

  test('encodes as base64url without padding', () => {
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

test('RFC 7515 A.1: the signature of the published example', () => {
  const key = createSecretKey(
    Buffer.from(
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      'base64url',
    ),
  );
  const input =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
  expect(signatureOf(key, 'HS256')(input)).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
});

test('RFC 7515 A.3: the published public key verifies our signature', () => {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  };
  const open = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y };
  const token = signerOf(createPrivateKey({ key: jwk, format: 'jwk' }), { alg: 'ES256' })(CLAIMS);
  expect(
    jwt.verify(token, {
      publicKey: createPublicKey({ key: open, format: 'jwk' }) as unknown as Buffer,
      algorithms: ['ES256'],
      ignoreExpiration: true,
    }),
  ).toEqual(CLAIMS);
});
