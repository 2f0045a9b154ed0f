import { expect, test } from '@jest/globals';
import { TokenUsers } from '../../src/tokens/token-user.js';
import { referenceKey, tokenUsers } from '../support/token-users.js';

const ADA = { userId: 42, publicId: '8c1f0b7e-3a52-4d0c-9e64-2b7a95f1d3c8' };
const MOST = Number.MAX_SAFE_INTEGER;

test('the default writes the integer and nothing else', () => {
  const users = tokenUsers();
  expect([users.nameOf(ADA), users.refOf(ADA)]).toEqual(['42', undefined]);
  expect(users.read({ name: '42', ref: undefined })).toEqual({ userId: 42 });
});

test('USER_ID=uuid writes the public ID, and the integer encrypted', () => {
  const users = tokenUsers({ userId: 'uuid' });
  const [name, ref] = [users.nameOf(ADA), users.refOf(ADA)];
  expect(name).toBe(ADA.publicId);
  expect(ref).toMatch(/^[\w-]{22}$/);
  expect(users.read({ name, ref })).toEqual(ADA);
  expect(() => users.nameOf({ userId: 42 })).toThrow(TypeError);
});

test('either setting reads what the other one writes', () => {
  const written = tokenUsers({ userId: 'uuid' });
  const claims = { name: written.nameOf(ADA), ref: written.refOf(ADA) };
  expect(tokenUsers().read(claims)).toEqual(ADA);
  expect(written.read({ name: '42', ref: undefined })).toEqual({ userId: 42 });
});

test.each([1, 42, 2 ** 32, MOST])('%d: is the same text each time, and only under its key', (id) => {
  const users = tokenUsers({ userId: 'uuid' });
  const ref = users.encode(id);
  expect(users.encode(id)).toBe(ref);
  expect(users.decode(ref)).toBe(id);
  expect(tokenUsers({}, [referenceKey(2)]).decode(ref)).toBeUndefined();
  expect(tokenUsers({}, [referenceKey(2), referenceKey(1)]).decode(ref)).toBe(id);
});

test('neighbours have nothing in common', () => {
  const users = tokenUsers({ userId: 'uuid' });
  const refs = Array.from({ length: 100 }, (_, id) => users.encode(id + 1));
  expect(new Set(refs.map((each) => each.slice(0, 11))).size).toBe(100);
});

// AES of an id above what a number holds, such as another program may have encrypted.
test('refuses what is no ID', () => {
  const users = new TokenUsers({ userId: 'uuid', tokenFormat: 'simplejwt' }, [referenceKey(1)]);
  const tooLarge = users.encode(MOST).replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  for (const ref of ['', 'A', 'A'.repeat(22), 'A'.repeat(23), '!'.repeat(22), tooLarge, 42, null, {}])
    expect([ref, users.read({ name: ADA.publicId, ref })]).toEqual([ref, undefined]);
  const ref = users.encode(42);
  for (const name of ['42', 42, ADA.publicId.toUpperCase(), undefined, '', null])
    expect([name, users.read({ name, ref })]).toEqual([name, undefined]);
  for (const name of [ADA.publicId, '0', '-1', '1.5', '9007199254740992', '1e3', undefined])
    expect([name, users.read({ name, ref: undefined })]).toEqual([name, undefined]);
});
