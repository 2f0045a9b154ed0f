/**
 * What every response carries. Swagger UI uses inline styles; inline scripts are never allowed.
 *
 * Not by Nest's `useSecurityHeaders`, which writes each of them to Node's response for each request: a tenth of what a
 * guarded request takes beside the kernel (docs/performance.md). **Source** OWASP HTTP Headers Cheat Sheet.
 */
const OVER_HTTP = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join(';'),
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const OVER_HTTPS = {
  ...OVER_HTTP,
  // Browsers ignore it over plain http, and say so in red on every page.
  'cross-origin-opener-policy': 'same-origin',
  // RFC 6797 §7.2: not over plain http. Subdomains are not ours to decide about.
  'strict-transport-security': 'max-age=31536000',
} as const;

/** The headers that protect a response in a browser, by the protocol that the browser used. */
export const protectionOver = (protocol: 'http' | 'https'): Readonly<Record<string, string>> =>
  protocol === 'https' ? OVER_HTTPS : OVER_HTTP;
