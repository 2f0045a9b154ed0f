import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.js';
import { originPatternOf } from './origins.js';
import { text } from './setting.js';

/** An address that {@link parseDatabaseUrl} accepts. */
export const postgresUrl = text.superRefine((url, context) => {
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    context.addIssue(error instanceof DatabaseUrlError ? error.message : 'cannot be read');
  }
});

export const smtpUrl = text.refine(
  (url) => /^smtps?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''),
  'must be an address like smtp://user:password@mail.example.com:587 or smtps://…',
);

/** Segments of a path, without the slashes around them. */
export const pathSegments = (pattern: RegExp, problem: string) =>
  z
    .string()
    .transform((value) => value.replace(/^\/+|\/+$/g, ''))
    .refine((value) => pattern.test(value), problem);

/** `https://app.example.com`, or with `*` for one label. */
export const origin = z.string().transform((value, context): string => {
  const pattern = originPatternOf(value);
  if (pattern === undefined)
    context.addIssue(
      'must be origins like https://app.example.com or https://*.preview.example.com, without a path; * matches one label',
    );
  return pattern ?? '';
});

/** An https origin without `*`. */
export const secureOrigin = origin.refine(
  (value) => value.startsWith('https://') && !value.includes('*'),
  'must be origins like https://example.de, with https and without *',
);

/**
 * Where an app, or a page of another site, gets a code: `com.example.app:/callback`, `https://other.example/callback`. Over
 * http only on this machine. Schemes that a browser runs itself are refused, and so is a fragment, as ours takes its place.
 *
 * **Source** RFC 8252 §7.
 */
export const nativeAddress = z
  .string()
  .trim()
  .refine((value) => {
    if (!URL.canParse(value) || /[\s\\\p{Cc}\p{Cf}#]/u.test(value)) return false;
    const { protocol, hostname, username, password } = new URL(value);
    if (username || password) return false;
    if (protocol === 'http:') return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    return !/^(javascript|data|blob|file|vbscript|about|filesystem|ws|wss|ftp):$/.test(protocol);
  }, 'must be addresses like com.example.app:/callback or https://other.example/callback, without #');

/** A host name as browsers have it. */
export const domain = z
  .string()
  .trim()
  .transform((value) => value.toLowerCase())
  .refine(
    (value) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(value) && isIP(value) === 0,
    'must be a host name like example.com, without a scheme or a port',
  );

/** An address, a range, or the name of a range. */
export const proxy = z
  .string()
  .refine(
    isAddressRange,
    'must be IP addresses or ranges like 10.0.0.0/8, loopback, linklocal or uniquelocal',
  )
  .refine(
    (range) => !isAnybody(range),
    'must not contain such a wide range: trusted clients can choose their own address and evade all limits',
  );

/** The address of pages, without a trailing slash. */
export const frontend = z
  .string()
  .trim()
  .transform((value) => value.replace(/\/+$/, ''))
  .refine(isPageAddress, 'must be an address like https://example.com, without ? or #');

/** A mailbox: `no-reply@example.com`, or `Example <no-reply@example.com>`. */
export const mailbox = z
  .string()
  .trim()
  .refine(isMailbox, 'must be one address like no-reply@example.com or Example <no-reply@example.com>');

/** A link in an email, with a placeholder for the secret: a path below the frontend, or a full address. */
export const linkWith = (secret: string) =>
  z
    .string()
    .trim()
    .refine((value) => value.includes(`{${secret}}`), `must contain {${secret}}`)
    .refine(
      (value) => value.startsWith('/') || /^https?:\/\/[^/]/.test(value),
      'must be a path that begins with /, or an address with http:// or https://',
    )
    .refine((value) => !/[\s<>"]/.test(value), 'must not contain spaces, quotes or angle brackets');

function isPageAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && !search && !hash && !username;
}

/** One mailbox, and nothing that could start another header or add a recipient. */
function isMailbox(value: string): boolean {
  return /^(?:[^<>@,;:"\p{Cc}]*<([^<>\s@,;]+@[^<>\s@,;]+)>|[^<>\s@,;]+@[^<>\s@,;]+)$/u.test(value);
}

/**
 * Wider than any network of one operator: 10.0.0.0/8 and fc00::/7 are the widest private ones. A range of IPv6 may
 * contain one of IPv4 (RFC 4291 §2.5.5.2).
 */
function isAnybody(value: string): boolean {
  const [address = '', length] = value.split('/');
  const family = isIP(address);
  const bits = Number(length);
  if (length === undefined || family === 0 || !(bits <= 128)) return false;
  if (family === 4) return bits < 8;
  const range = new BlockList();
  range.addSubnet(address, bits, 'ipv6');
  const mapped = new BlockList();
  mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
  const hasIpv4 = range.check('::ffff:0:0', 'ipv6') || mapped.check(address, 'ipv6');
  return bits < 7 || (hasIpv4 && bits < 96 + 8);
}

function isAddressRange(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  return (
    family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}
