import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VerifiedTokens } from '../../src/tokens/verified-tokens.js';

describe('the cache of verified tokens', () => {
  test('returns the claims of exactly that token', () => {
    const tokens = new VerifiedTokens();
    tokens.learn('a.b.c', { sub: '1' });
    expect(tokens.recall('a.b.c')).toEqual({ sub: '1' });
    for (const other of ['a.b.d', 'a.b.', 'a.b', 'a.b.c ', 'A.b.c', ''])
      expect(tokens.recall(other)).toBeUndefined();
  });

  test('returns claims that cannot be modified for the next request', () => {
    const tokens = new VerifiedTokens();
    tokens.learn('a.b.c', { roles: ['user'], nested: { plan: 'free' } });
    const claims = tokens.recall('a.b.c') as { roles: string[]; nested: { plan: string } };
    expect(() => claims.roles.push('admin')).toThrow(TypeError);
    expect(() => (claims.nested.plan = 'gold')).toThrow(TypeError);
    expect(() => Object.assign(claims, { roles: ['admin'] })).toThrow(TypeError);
    expect(tokens.recall('a.b.c')).toEqual({ roles: ['user'], nested: { plan: 'free' } });
  });

  test('removes the oldest entries at its maximum size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(20), { maxLength: 60 }),
        (most, learned) => {
          const tokens = new VerifiedTokens(most);
          for (const id of learned) {
            tokens.learn(`token ${id}`, { id });
            expect(tokens.recall(`token ${id}`)).toEqual({ id });
            expect(tokens.size).toBeLessThanOrEqual(most);
          }
        },
      ),
    );
    const two = new VerifiedTokens(2);
    for (const token of ['first', 'second', 'third']) two.learn(token, {});
    expect(['first', 'second', 'third'].map((token) => two.recall(token) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('does not contain tokens, so none can be read from memory', () => {
    const tokens = new VerifiedTokens();
    tokens.learn('head.body.a-signature-to-steal', { sub: '1' });
    const { claims } = tokens as unknown as { claims: Map<string, unknown> };
    expect(JSON.stringify([...claims])).not.toContain('a-signature-to-steal');
  });
});
