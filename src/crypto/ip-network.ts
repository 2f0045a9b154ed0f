import { isIP } from 'node:net';

/** A network that contains an address, and its multiple of the quota of the narrowest one. */
export interface Network {
  /** **Shape** `192.0.2.1`, `192.0.2.0/24`, `2001:db8:0:1::/64`; `unknown` if there is no address. */
  name: string;
  /** Its position among the networks of an address, from 0 for the narrowest. */
  tier: number;
  factor: number;
}

/**
 * What one party can control: a line has a /64 or a /56, a site a /48, a provider a /32 or a /24. Wider networks contain
 * more people and get a multiple of the quota, but far less than their number of addresses.
 *
 * **Source** RFC 6177 §2; RIPE-690 §4.
 */
const TIERS = {
  4: [
    { bits: 32, factor: 1 },
    { bits: 24, factor: 8 },
  ],
  6: [
    { bits: 64, factor: 1 },
    { bits: 56, factor: 2 },
    { bits: 48, factor: 4 },
    { bits: 32, factor: 64 },
  ],
} as const;

/** The maximum number of networks of an address. */
export const MOST_TIERS = 4;

/** The networks of an address, the narrowest first. IPv4 addresses embedded in IPv6 count as IPv4. */
export function networksOf(ip: string | null): [Network, ...Network[]] {
  const family = ip === null ? 0 : isIP(ip);
  if (ip === null || family === 0) return [{ name: 'unknown', tier: 0, factor: 1 }];
  const groups = family === 4 ? undefined : groupsOf(ip);
  const ipv4 = groups ? ipv4In(groups) : ip.split('.').map(Number);
  const [narrowest, ...wider] = ipv4
    ? TIERS[4].map(({ bits, factor }, tier) => ({ name: nameOfIpv4(ipv4, bits), tier, factor }))
    : TIERS[6].map(({ bits, factor }, tier) => ({ name: nameOfIpv6(groups ?? [], bits), tier, factor }));
  return [narrowest ?? { name: 'unknown', tier: 0, factor: 1 }, ...wider];
}

/** The narrowest network of an address: an IPv4 address, or an IPv6 /64. */
export const networkOf = (ip: string | null): string => networksOf(ip)[0].name;

/** The network of a site: an IPv4 address, or an IPv6 /48. */
export function siteOf(ip: string | null): string {
  const networks = networksOf(ip);
  return (networks[2] ?? networks[0]).name;
}

function nameOfIpv4(bytes: number[], bits: number): string {
  const kept = bytes.map((byte, i) => (i * 8 < bits ? byte : 0)).join('.');
  return bits === 32 ? kept : `${kept}/${bits}`;
}

function nameOfIpv6(groups: number[], bits: number): string {
  const kept = groups.slice(0, Math.ceil(bits / 16));
  const last = kept.length - 1;
  kept[last] = (kept[last] ?? 0) & (0xffff << (kept.length * 16 - bits));
  return `${kept.map((group) => group.toString(16)).join(':')}::/${bits}`;
}

/** The IPv4 address embedded in an IPv6 address: on a dual-stack socket, or behind a translator (RFC 6052, 64:ff9b::/96). */
function ipv4In(groups: number[]): number[] | undefined {
  const start = groups.slice(0, 6).join();
  const isMapped = start === [0, 0, 0, 0, 0, 0xffff].join();
  const isTranslated = start === [0x64, 0xff9b, 0, 0, 0, 0].join();
  return isMapped || isTranslated ? [6, 7].flatMap((i) => bytesOf(groups[i] ?? 0)) : undefined;
}

/** The eight groups of an IPv6 address. */
function groupsOf(ip: string): number[] {
  // The URL parser normalises addresses, and writes a trailing dotted quad in hexadecimal.
  const canonical = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const before = parse(head);
  const after = parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const parse = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
const bytesOf = (group: number): [number, number] => [group >> 8, group & 0xff];
