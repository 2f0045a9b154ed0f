import { BlockList, isIPv4 } from 'node:net';

/**
 * What is not in the public internet, of IPv4: private networks, this host, shared and link-local addresses with the
 * metadata services of clouds, documentation, multicast, reserved.
 *
 * **Source** IANA IPv4 Special-Purpose Address Registry; RFC 6890.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

/**
 * Of IPv6, where only 2000::/3 is public: tunnels that carry an IPv4 address (Teredo, 6to4), documentation, special
 * purposes.
 *
 * **Source** IANA IPv6 Special-Purpose Address Registry.
 */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;
const PUBLIC_IPV6 = blockListOf(['2000::/3'], 'ipv6');
const SPECIAL = { ipv4: blockListOf(SPECIAL_IPV4, 'ipv4'), ipv6: blockListOf(SPECIAL_IPV6, 'ipv6') };

function blockListOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Whether an IP address belongs to the public internet. @param address as `isIP` knows it. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !SPECIAL.ipv4.check(address, 'ipv4');
  const canonical = canonicalIpv6(address);
  if (canonical === undefined) return false;
  const ipv4 = ipv4In(canonical);
  if (ipv4 !== undefined) return !SPECIAL.ipv4.check(ipv4, 'ipv4');
  return PUBLIC_IPV6.check(canonical, 'ipv6') && !SPECIAL.ipv6.check(canonical, 'ipv6');
}

/** As the URL parser writes it; an address with a zone is of a link, and of no use to us. */
function canonicalIpv6(address: string): string | undefined {
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

/** Mapped to IPv6 (::ffff:0:0/96), or behind a translator (64:ff9b::/96, RFC 6052): the IPv4 address counts. */
function ipv4In(canonical: string): string | undefined {
  const [, high, low] = /^(?:::ffff|64:ff9b:):(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (low === undefined) return undefined;
  return [parseInt(high ?? '0', 16), parseInt(low, 16)]
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}
