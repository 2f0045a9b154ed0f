import { isIP } from 'node:net';
import type { Options } from '../../config/options.js';
import { isAmong, originOf } from '../../config/origins.js';
import { type Finding, Findings, isThisMachine } from './finding.js';

/** Domains below which anybody can have a page. There are more: publicsuffix.org. */
const SHARED =
  /(^|\.)(vercel\.app|netlify\.app|github\.io|gitlab\.io|pages\.dev|workers\.dev|herokuapp\.com|web\.app|firebaseapp\.com|onrender\.com|fly\.dev|azurewebsites\.net|cloudfront\.net|amazonaws\.com|ngrok\.io|ngrok-free\.app|surge\.sh|replit\.app|lovable\.app|co\.uk|co\.kr|or\.kr|com\.au|co\.jp)$/;

/** Whether browsers keep our cookies and send them, given where the pages and the server are. */
export function checkCookies(options: Options): Finding[] {
  const findings = new Findings('cookies');
  const { cookieSecure, cookieDomain, cookieSamesite, production, refreshTokenIn } = options;
  const server = options.publicUrl ?? options.frontendUrl;
  const own = server === undefined ? undefined : new URL(server);
  const name = options.publicUrl === undefined ? 'FRONTEND_URL' : 'PUBLIC_URL';
  const isPlain = own?.protocol === 'http:' && !isThisMachine(own.hostname);
  if (refreshTokenIn === 'body') return findings.all;
  if (isPlain && cookieSecure === true)
    findings.error(
      `COOKIE_SECURE: true, but ${name} begins with http://, where browsers drop a Secure cookie`,
      `Serve Tokenjar over https and let ${name} say so.`,
    );
  else if (isPlain && production)
    findings.warning(
      `${name}: begins with http://, so passwords and refresh tokens are sent unencrypted`,
      `Serve Tokenjar over https and let ${name} say so.`,
    );
  if (own?.protocol === 'https:' && cookieSecure === false)
    findings.error(
      `COOKIE_SECURE: false, but ${name} begins with https://: the refresh cookie is sent unencrypted too`,
      'Remove COOKIE_SECURE; auto, the default, makes the cookie Secure over https.',
    );
  const domain = cookieDomain?.replace(/^\./, '').toLowerCase();
  if (domain !== undefined && own && !isCovered(own.hostname, domain))
    findings.error(
      `COOKIE_DOMAIN: ${domain} does not contain ${own.hostname} of ${name}, so browsers refuse the cookie`,
      'Remove COOKIE_DOMAIN, or name a domain above that host.',
    );
  if (domain !== undefined && (isIP(domain) !== 0 || !domain.includes('.') || isSharedDomain(domain)))
    findings.error(
      `COOKIE_DOMAIN: browsers accept no cookie for ${domain}`,
      'Remove COOKIE_DOMAIN, or name a domain of your own.',
    );
  if (cookieSamesite !== 'none')
    for (const page of pagesOf(options))
      if (own && isElsewhere(new URL(page), own))
        findings.error(
          `COOKIE_SAMESITE: with ${cookieSamesite}, browsers do not send the cookie from ${page}, which is another site than ${own.origin}`,
          'Serve both below one domain and over the same scheme, or set COOKIE_SAMESITE=none and COOKIE_SECURE=true.',
        );
  return findings.all;
}

/** Whether the pages may talk to the server, and no others. */
export function checkOrigins(options: Options): Finding[] {
  const findings = new Findings('origins');
  const { frontendUrl, publicUrl, trustedOrigins, production } = options;
  const page = frontendUrl === undefined ? undefined : originOf(new URL(frontendUrl).origin);
  if (page !== undefined && publicUrl !== undefined) {
    const isOwn = page === new URL(publicUrl).origin;
    if (!isOwn && !isAmong(trustedOrigins, page))
      findings.error(
        `TRUSTED_ORIGINS: lacks ${page}, the origin of FRONTEND_URL, so its pages can neither sign in nor refresh`,
        `Add ${page} to TRUSTED_ORIGINS.`,
      );
  }
  for (const origin of trustedOrigins.filter((each) => /^https?:/.test(each))) {
    const { protocol, hostname } = new URL(origin.replace('*', 'any'));
    if (origin.includes('*') && isSharedDomain(hostname.replace(/^any\./, '')))
      findings.error(
        `TRUSTED_ORIGINS: anybody can have a page that ${origin} matches, and act for your users from it`,
        'Name the origins of your own pages, without *.',
      );
    if (production && isThisMachine(hostname))
      findings.warning(
        `TRUSTED_ORIGINS: ${origin} in production lets a page act for a user that any program on the user's machine serves`,
        'Remove it.',
      );
    else if (production && protocol === 'http:')
      findings.error(
        `TRUSTED_ORIGINS: whoever is in the network of a user can serve pages of ${origin}`,
        'Serve that page over https, and list its https origin.',
      );
  }
  return findings.all;
}

/** Pages that use the cookie. */
const pagesOf = ({ frontendUrl, trustedOrigins }: Options): string[] => [
  ...new Set(
    [frontendUrl ?? [], trustedOrigins.filter((each) => /^https?:\/\/[^*]+$/.test(each))]
      .flat()
      .map((each) => new URL(each).origin),
  ),
];

/**
 * Whether two addresses are of two sites for certain: registrable domains have two labels or more. **Source** RFC 6265bis
 * §5.2; schemeful since Chrome 89.
 */
function isElsewhere(page: URL, own: URL): boolean {
  if (page.hostname === own.hostname && page.protocol === own.protocol) return false;
  if (isThisMachine(page.hostname) && isThisMachine(own.hostname)) return page.hostname !== own.hostname;
  const siteOf = ({ hostname }: URL) =>
    isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname.split('.').slice(-2).join('.') : hostname;
  return page.protocol !== own.protocol || siteOf(page) !== siteOf(own);
}

const isCovered = (hostname: string, domain: string): boolean =>
  hostname === domain || hostname.endsWith(`.${domain}`);

/** Whether a domain is one that anybody can have a name in, and not below such a name. */
function isSharedDomain(domain: string): boolean {
  const [suffix] = SHARED.exec(domain) ?? [];
  return suffix !== undefined && suffix.replace(/^\./, '') === domain;
}
