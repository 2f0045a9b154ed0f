import { describe, expect, test } from '@jest/globals';
import { type AuthMethod, claimsOf, levelOf, readAuthentication } from '../../src/tokens/authentication.js';

const SESSION_ID = '019aa111-2222-7333-8444-555566667777';

describe('the level of an authentication', () => {
  test.each<[AuthMethod[], string]>([
    [['pwd'], 'aal1'],
    [['email'], 'aal1'],
    [['fed'], 'aal1'],
    [['otp'], 'aal1'],
    [['hwk'], 'aal1'],
    [['otp', 'swk'], 'aal1'],
    [['pwd', 'email'], 'aal1'],
    [['pwd', 'fed'], 'aal1'],
    [[], 'aal1'],
    [['pwd', 'otp'], 'aal2'],
    [['pwd', 'hwk'], 'aal2'],
    [['swk', 'user'], 'aal2'],
    [['fed', 'otp'], 'aal2'],
    [['email', 'otp'], 'aal2'],
  ])('of %j is %s', (methods, level) => {
    expect(levelOf(methods)).toBe(level);
    expect(claimsOf({ methods, time: 7 })).toEqual({
      amr: level === 'aal2' ? [...methods, 'mfa'] : methods,
      acr: level,
      authTime: 7,
    });
  });
});

test.each<[object, object]>([
  [
    { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', auth_time: 5 },
    { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', authTime: 5 },
  ],
  [
    { amr: ['pwd', 1], acr: 'AAL2', auth_time: 5 },
    { amr: ['pwd'], acr: 'aal1', authTime: 5 },
  ],
  [
    { amr: 'pwd', acr: true, auth_time: '5' },
    { amr: [], acr: 'aal1', authTime: 1763638845 },
  ],
  [{}, { amr: [], acr: 'aal1', authTime: 1763638845 }],
])('reads claims %j as %j', (claims, expected) => {
  expect(readAuthentication({ ...claims }, SESSION_ID)).toEqual(expected);
});
