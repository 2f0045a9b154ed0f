import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parseOptions, SettingsError } from '../../src/config/check.js';
import { readOwnKey } from '../../src/keys/key-material.js';
import { SECRET_KEY } from '../support/app.js';
import { pem } from '../support/jwt.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PRIVATE = pem(privateKey);
const PUBLIC = pem(publicKey);
const JWK = JSON.stringify(privateKey.export({ format: 'jwk' }));
const directory = mkdtempSync(join(tmpdir(), 'tokenjar-keys-'));
const inFile = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
afterAll(() => rmSync(directory, { recursive: true }));

const read = (signingKey: string, verifyingKey?: string) =>
  readOwnKey(parseOptions({ secretKey: SECRET_KEY, signingKey, ...(verifyingKey && { verifyingKey }) }));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test.each([
  ['as it is', PRIVATE],
  ['in quotes', `"${PRIVATE}"`],
  ['in single quotes, with \\n', `'${PRIVATE.replaceAll('\n', '\\n')}'`],
  ['with \\r\\n', PRIVATE.replaceAll('\n', '\\r\\n')],
  ['on one line', PRIVATE.replaceAll('\n', ' ')],
  ['on one line, without blanks', PRIVATE.replaceAll('\n', '')],
  ['in base64', base64(PRIVATE)],
  ['in base64, in lines', base64(PRIVATE).replace(/.{64}/g, '$&\n')],
  ['in base64url', Buffer.from(PRIVATE).toString('base64url')],
  ['as a JWK', JWK],
  ['as a JWK in quotes', `'${JWK}'`],
  ['as a JWK in base64', base64(JWK)],
  ['in a file', inFile('plain.pem', PRIVATE)],
  ['in a file with a byte order mark', inFile('marked.pem', `\uFEFF${PRIVATE}`)],
  ['in a file, in base64', inFile('base64.pem', base64(PRIVATE))],
])('reads a key %s', (_, text) => {
  expect(read(text)?.privateKey.equals(privateKey)).toBe(true);
  expect(read(PRIVATE, PUBLIC.replaceAll('\n', ' '))?.publicKey.equals(publicKey)).toBe(true);
});

test.each([
  ['a public key', PUBLIC, /public key, which cannot sign/],
  ['a public key in base64', base64(PUBLIC), /public key, which cannot sign/],
  ['a public JWK', JSON.stringify(publicKey.export({ format: 'jwk' })), /public JWK without d/],
  ['an encrypted key', PRIVATE.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE'), /remove its passphrase/],
  ['a key of OpenSSH', PRIVATE.replaceAll('PRIVATE', 'OPENSSH PRIVATE'), /ssh-keygen/],
  ['a certificate', PUBLIC.replaceAll('PUBLIC KEY', 'CERTIFICATE'), /certificate, which cannot sign/],
  ['half a key', PRIVATE.slice(0, 90), /is not a key in PEM or JWK format/],
  ['no file', '/nowhere/key.pem', /there is no such file/],
  ['a directory', directory, /it is a directory/],
  ['a file with something else', inFile('other.txt', 'hello'), /neither a PEM nor a JWK/],
])('has a message for %s', (_, text, message) => {
  expect(() => read(text)).toThrow(SettingsError);
  expect(() => read(text)).toThrow(message);
});
