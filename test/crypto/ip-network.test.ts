import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { networkOf } from '../../src/crypto/ip-network.js';

describe('an IP address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:FFFF::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
    // As an IPv4 address looks on a socket of both families: each is one, or all would share a limit.
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
  ])('%s is in the network %s', (ip, network) => expect(networkOf(ip)).toBe(network));

  test.each([null, '', 'no address', '192.0.2', '2001:db8:::1', 'localhost'])('%j is in none', (ip) =>
    expect(networkOf(ip)).toBe('unknown'),
  );
});

test('the first half decides about two IPv6 addresses, in any notation', () => {
  const half = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
  const written = (groups: number[]) => groups.map((group) => group.toString(16)).join(':');
  fc.assert(
    fc.property(half, half, half, (network, host, other) => {
      fc.pre(written(network) !== '0:0:0:0');
      const ip = `${written(network)}:${written(host)}`;
      const compressed = new URL(`http://[${ip}]`).hostname.slice(1, -1);
      expect(networkOf(compressed)).toBe(networkOf(ip));
      expect(networkOf(`${written(network)}:${written(other)}`)).toBe(networkOf(ip));
      const neighbour = [...network.slice(0, 3), ((network[3] ?? 0) + 1) % 0x10000];
      expect(networkOf(`${written(neighbour)}:${written(host)}`)).not.toBe(networkOf(ip));
    }),
  );
});
