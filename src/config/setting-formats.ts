import { isIP } from 'node:net';
import { z } from 'zod';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.js';
import { originPatternOf } from './origins.js';
import { text } from './setting.js';

/** An address that {@link parseDatabaseUrl} can read. */
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
      'must be origins like https://app.example.com or https://*.preview.example.com, without a path, * for one label',
    );
  return pattern ?? '';
});

/** An address, a range, or a word for some of them. */
export const proxy = z
  .string()
  .refine(
    isAddressRange,
    'must be IP addresses or ranges like 10.0.0.0/8, loopback, linklocal or uniquelocal',
  )
  .refine(
    (range) => !isAnybody(range),
    'must not hold a range of half the Internet: whoever is believed chooses their own address, and no limit holds them',
  );

/** Where pages are, without the last slash. */
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

/** A link of an email: where the secret goes, below the frontend or whole. */
export const linkWith = (secret: string) =>
  z
    .string()
    .trim()
    .refine((value) => value.includes(`{${secret}}`), `must hold {${secret}}`)
    .refine(
      (value) => value.startsWith('/') || /^https?:\/\/[^/]/.test(value),
      'must be a path that begins with /, or an address with http:// or https://',
    )
    .refine((value) => !/[\s<>"]/.test(value), 'must not hold blanks, quotes or angle brackets');

function isPageAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && !search && !hash && !username;
}

/** One mailbox and nothing that could begin another header or another recipient. */
function isMailbox(value: string): boolean {
  return /^(?:[^<>@,;:"\p{Cc}]*<([^<>\s@,;]+@[^<>\s@,;]+)>|[^<>\s@,;]+@[^<>\s@,;]+)$/u.test(value);
}

/** Wider than any network of one operator: 10.0.0.0/8 and fc00::/7 are the widest private ones. */
function isAnybody(value: string): boolean {
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  return bits !== undefined && family !== 0 && Number(bits) < (family === 4 ? 8 : 7);
}

function isAddressRange(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  return (
    family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}
