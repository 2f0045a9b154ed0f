import { Resolver } from 'node:dns/promises';
import { lookup as lookupAll } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** Looks up all addresses of a name. @throws an error with a `code` if there are none. */
export type Resolve = (name: string) => Promise<string[]>;

/** **Unit** characters. */
export const LONGEST_URL = 2000;

/**
 * Asks the name servers, and not the operating system, whose few threads would wait for a slow one together with emails.
 */
export const resolve: Resolve = async (name) => {
  // **Source** RFC 6761 §6.3.
  if (/(^|\.)localhost\.?$/.test(name)) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [failed] = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as Error] : [],
  );
  if (addresses.length === 0) throw failed ?? notFound(name);
  return addresses;
};

const notFound = (name: string): Error =>
  Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });

/** An endpoint, or its address now, is none that may be called. */
export class RefusedUrl extends Error {}

/**
 * Which URLs may be called. Otherwise whoever may add endpoints could reach what only this server can: its own network,
 * the metadata service of the cloud.
 *
 * **Source** ASVS 5.0 1.3.6; OWASP Server-Side Request Forgery Prevention Cheat Sheet.
 */
export class WebhookUrls {
  constructor(
    private readonly allowPrivate: boolean,
    private readonly resolveName: Resolve = resolve,
  ) {}

  /** Parses a URL without looking its name up. The parser turns every way to write an IPv4 address into one. @throws {RefusedUrl} */
  parse(text: string): URL {
    if (!URL.canParse(text) || text.length > LONGEST_URL) throw new RefusedUrl('is not a URL');
    const url = new URL(text);
    const schemes = this.allowPrivate ? ['https:', 'http:'] : ['https:'];
    if (!schemes.includes(url.protocol)) throw new RefusedUrl(`must begin with ${schemes.join('// or ')}//`);
    if (url.username !== '' || url.password !== '') throw new RefusedUrl('must not contain a password');
    if (url.hash !== '') throw new RefusedUrl('must not contain a fragment');
    if (this.allowPrivate) return url;
    // Below are the ports of services that speak something else.
    if (url.port !== '' && Number(url.port) < 1024) throw new RefusedUrl('has a port that is not of the web');
    const address = addressIn(url);
    if (address !== undefined && !isPublicAddress(address)) throw new RefusedUrl('is not a public address');
    return url;
  }

  /**
   * Checks a URL that somebody wants to add, with the addresses that its name has now. A name that has none yet is
   * accepted. @throws {RefusedUrl}
   */
  async check(text: string): Promise<string> {
    const url = this.parse(text);
    if (!this.allowPrivate && addressIn(url) === undefined)
      try {
        await this.publicAddresses(url.hostname);
      } catch (error) {
        if (error instanceof RefusedUrl) throw error;
      }
    return url.href;
  }

  /**
   * Finds the address for a connection, each time anew: a name may have another one than when it was checked. Nothing is
   * connected to in between.
   */
  get lookup(): LookupFunction {
    if (this.allowPrivate) return lookupAll;
    return (name, { all }, done) => {
      this.publicAddresses(name).then(
        (addresses) => {
          const found = addresses.map((address) => ({ address, family: isIP(address) }));
          const [first] = found;
          if (all) done(null, found);
          else if (first) done(null, first.address, first.family);
        },
        (error: unknown) => done(error as NodeJS.ErrnoException, []),
      );
    };
  }

  /** All of them have to be public. @throws {RefusedUrl} */
  private async publicAddresses(name: string): Promise<string[]> {
    const addresses = await this.resolveName(name);
    if (!addresses.every(isPublicAddress)) throw new RefusedUrl('is not a public address');
    return addresses;
  }
}

/** An IP address in place of a name, which no connection looks up. */
function addressIn({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}
