import { isIP } from 'node:net';
import type { Options } from '../config/options.js';
import { isAmong, originOf } from '../config/origins.js';
import { frontendOf } from '../mail/links.js';

type RelyingPartyOptions = Pick<
  Options,
  | 'frontendUrl'
  | 'publicUrl'
  | 'port'
  | 'trustedOrigins'
  | 'passkeyRpId'
  | 'passkeyOrigins'
  | 'siteName'
  | 'production'
>;

/** Token under which the relying party is injected. */
export const RELYING_PARTY = Symbol('tokenjar.relyingParty');

/** Undefined where browsers would accept none: there are no passkeys then. */
export type OptionalParty = RelyingParty | undefined;

/** Who asks for passkeys, in the words of WebAuthn. **Source** Web Authentication Level 3 §5.1.2, §5.10. */
export interface RelyingParty {
  /** The domain that passkeys belong to. */
  id: string;
  /** Shown by some authenticators. */
  name: string;
  /** Whether a page of this origin may use them. */
  accepts(origin: string): boolean;
  /** Origins of other sites among them, for `/.well-known/webauthn`. */
  relatedOrigins: readonly string[];
}

/**
 * The relying party that the settings describe; a sentence where they describe none that a browser would accept.
 *
 * Its domain is `PASSKEY_RP_ID`, otherwise the host of the pages. Accepted are the origins of the pages and of Tokenjar
 * itself, those of `TRUSTED_ORIGINS` that are the domain or below it, and those of `PASSKEY_ORIGINS`. On `localhost` the
 * port does not matter: a developer has the pages on another one.
 */
export function relyingPartyOf(options: RelyingPartyOptions): RelyingParty | string {
  const pages = new URL(frontendOf(options));
  const id = options.passkeyRpId ?? pages.hostname;
  if (isIP(id.replace(/^\[|\]$/g, '')))
    return `browsers accept no passkeys for an IP address such as ${id}: use a host name in FRONTEND_URL`;
  if (!isWithin(pages.hostname, id) && options.passkeyOrigins.length === 0)
    return `the pages are at ${pages.hostname}, which is neither PASSKEY_RP_ID ${id} nor below it`;
  if (pages.protocol !== 'https:' && !isWithin(pages.hostname, 'localhost'))
    return `browsers accept no passkeys on ${pages.origin}, because it is not https`;

  const own = [pages.origin, ...(options.publicUrl === undefined ? [] : [new URL(options.publicUrl).origin])];
  const exact = new Set([...own.filter((origin) => isWithin(hostOf(origin), id)), ...options.passkeyOrigins]);
  const trusted = options.trustedOrigins.filter((pattern) => isWithin(hostOf(pattern), id));
  return {
    id,
    name: options.siteName,
    relatedOrigins: options.passkeyOrigins,
    accepts(text) {
      const origin = originOf(text);
      // The client wrote it: not normal is not a browser's.
      if (origin === undefined || origin !== text) return false;
      if (id === 'localhost' && hostOf(origin) === 'localhost') return true;
      return exact.has(origin) || isAmong(trusted, origin);
    },
  };
}

/** Whether a host is a domain or below it. */
const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** Also of a pattern such as `https://*.example.com`. */
const hostOf = (origin: string): string => /^https?:\/\/([^:/]+)/.exec(origin)?.[1] ?? '';
