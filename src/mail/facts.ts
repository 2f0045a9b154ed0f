import { isIP } from 'node:net';
import Bowser from 'bowser';

const BROWSERS = new Set(Object.values(Bowser.BROWSER_MAP));
const SYSTEMS = new Set(Object.values(Bowser.OS_MAP));

/**
 * A device as it may stand in an email: names of browsers and systems that are known, never what a client calls itself,
 * which anybody may choose.
 *
 * @param device **Shape** `Firefox on Linux`, or one of the two.
 * @returns undefined where there is no such name in it.
 */
export function knownDevice(device: string): string | undefined {
  const [first = '', second, ...more] = device.split(' on ');
  const isBrowser = BROWSERS.has(first) && (second === undefined || SYSTEMS.has(second));
  return more.length === 0 && (isBrowser || (SYSTEMS.has(first) && second === undefined))
    ? device
    : undefined;
}

/** @returns undefined for what is no address. */
export const knownAddress = (ip: string): string | undefined => (isIP(ip) ? ip : undefined);
