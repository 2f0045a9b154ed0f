import { isIP } from 'node:net';

/**
 * The network that an address stands for: what one user of the Internet can have many addresses of.
 *
 * Whoever has an IPv6 line has at least the 2^64 addresses of a /64, so these count as one; an IPv4 address is one.
 *
 * **Shape** `192.0.2.1`, `2001:db8:0:1::/64`; `unknown` for no address. **Source** RFC 6177 §2.
 */
export function networkOf(ip: string | null): string {
  const family = ip === null ? 0 : isIP(ip);
  if (ip === null || family === 0) return 'unknown';
  if (family === 4) return ip;
  const groups = groupsOf(ip);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [6, 7].flatMap((i) => bytesOf(groups[i] ?? 0)).join('.');
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(ip: string): number[] {
  // The URL parser writes an address in one way, with a dotted quad at its end in hexadecimal.
  const canonical = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const before = parse(head);
  const after = parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const parse = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
const bytesOf = (group: number): [number, number] => [group >> 8, group & 0xff];
