import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { siteStyle } from './site-colors.js';

/** **Unit** bytes. */
const LARGEST_LOGO = 200_000;
/** A picture may contain styles, and nothing that runs or loads, also when somebody opens it by itself. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/** What a site looks like; paths below the mount. */
export interface SiteLook {
  logo: string | undefined;
  style: string | undefined;
}

interface Asset {
  path: string;
  type: string;
  content: Buffer;
}

/**
 * Serves the logo and the colours of the site. Both are read at start, and their names change with their content.
 *
 * **Errors** {@link SettingsError} for a logo that cannot be read, is too large or no picture.
 */
export async function serveSiteLook(
  fastify: FastifyInstance,
  { siteLogo, siteColor }: Pick<Options, 'siteLogo' | 'siteColor'>,
): Promise<SiteLook> {
  const logo = siteLogo === undefined ? undefined : await readLogo(siteLogo);
  const style =
    siteColor && asset('site', 'css', 'text/css; charset=utf-8', Buffer.from(siteStyle(siteColor)));
  for (const { path, type, content } of [logo, style].filter((each) => each !== undefined))
    fastify.get(path, (_request: FastifyRequest, reply: FastifyReply) =>
      reply
        .headers({
          'content-type': type,
          'content-security-policy': POLICY,
          'x-content-type-options': 'nosniff',
          'cache-control': 'public, max-age=31536000, immutable',
        })
        .send(content),
    );
  return { logo: logo?.path, style: style?.path };
}

async function readLogo(file: string): Promise<Asset> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new SettingsError([`SITE_LOGO: ${file} cannot be read: ${String(cause)}`]);
  });
  if (content.length > LARGEST_LOGO)
    throw new SettingsError([`SITE_LOGO: ${file} has ${content.length} bytes, and may have ${LARGEST_LOGO}`]);
  const [ending, type] = kindOf(content) ?? [];
  if (ending === undefined || type === undefined)
    throw new SettingsError([`SITE_LOGO: ${file} is neither SVG, PNG, WebP nor JPEG`]);
  return asset('logo', ending, type, content);
}

/** By what it begins with: its name promises nothing. */
function kindOf(content: Buffer): readonly [string, string] | undefined {
  const begins = content.subarray(0, 12).toString('latin1');
  if (begins.startsWith('\x89PNG\r\n')) return ['png', 'image/png'];
  if (begins.startsWith('\xff\xd8\xff')) return ['jpg', 'image/jpeg'];
  if (/^RIFF[^]{4}WEBP/.test(begins)) return ['webp', 'image/webp'];
  const text = content.toString('utf8').replace(/^\ufeff/, '');
  return /^\s*(?:<\?xml[^>]*>|<!--[^]*?-->|<!DOCTYPE[^>]*>|\s)*<svg[\s>]/i.test(text)
    ? ['svg', 'image/svg+xml']
    : undefined;
}

function asset(name: string, ending: string, type: string, content: Buffer): Asset {
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 8);
  return { path: `/assets/${name}-${digest}.${ending}`, type, content };
}
