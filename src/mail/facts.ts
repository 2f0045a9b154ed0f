import { isIP } from 'node:net';
import Bowser from 'bowser';

const BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set(Object.values(Bowser.OS_MAP));

/**
 * A device name that is safe in an email: only known names of browsers and systems, never text that the client can
 * choose.
 *
 * @param device **Shape** `Firefox on Linux`, or one of the two.
 * @returns undefined if it is not such a name.
 */
export function knownDevice(device: string): string | undefined {
  const [first = '', second, ...more] = device.split(' on ');
  const isBrowser = BROWSERS.has(first) && (second === undefined || SYSTEMS.has(second));
  return more.length === 0 && (isBrowser || (SYSTEMS.has(first) && second === undefined))
    ? device
    : undefined;
}

/** @returns undefined if it is not an IP address. */
export const knownAddress = (ip: string): string | undefined => (isIP(ip) ? ip : undefined);
