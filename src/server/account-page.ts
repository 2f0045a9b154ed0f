import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendsEmails } from '../config/check.js';
import type { Options } from '../config/options.js';
import { mountOf } from '../config/public-url.js';
import { DIALECTS } from '../http/dialects/dialects.js';
import { relyingPartyOf } from '../passkeys/relying-party.js';
import { kindOf } from '../providers/known/kinds.js';
import { withCheckedReturn } from './return-query.js';
import { serveSiteLook, type SiteLook } from './site-look.js';

/** The build output of `web/`. */
const PAGE = fileURLToPath(new URL('../../dist/page/', import.meta.url));

/** The paths of the single document; `web/src/landings/landings.ts` defines what it shows at each. */
const PAGE_PATHS = [
  '/',
  '/sign-in-code',
  '/unlock',
  '/invitation',
  '/verify-email',
  '/resend-email',
  '/change-email',
  '/forgot-password',
  '/reset-password',
  '/change-password',
  '/admin',
];

const ROBOTS = 'User-agent: *\nDisallow: /\n';

/** Stricter than the policy of other responses: this page has no inline styles and creates no HTML from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  // Its forms are only sent by scripts, so an injected form cannot be sent elsewhere.
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Serves the account page, with assets compressed by the build. */
export async function servePage(app: NestFastifyApplication, options: Options): Promise<void> {
  const logger = new Logger('Tokenjar');
  if (options.refreshTokenIn === 'body')
    return logger.warn(
      'The account page is disabled: it needs the refresh cookie, and REFRESH_TOKEN_IN is body',
    );
  const template = await readFile(`${PAGE}index.html`, 'utf8').catch(() => undefined);
  if (template === undefined) return logger.warn('The account page is missing: run npm run build');

  const fastify = app.getHttpAdapter().getInstance();
  const html = Buffer.from(withSettings(template, options, await serveSiteLook(fastify, options)));
  const compressed = { br: await promisify(brotliCompress)(html), gzip: await promisify(gzip)(html) };
  for (const path of PAGE_PATHS)
    fastify.get(path, (request: FastifyRequest, reply: FastifyReply) => {
      const elsewhere = withCheckedReturn(request.url, options);
      if (elsewhere !== undefined) return reply.header('cache-control', 'no-store').redirect(elsewhere, 303);
      const accepted = String(request.headers['accept-encoding'] ?? '');
      const encoding = (['br', 'gzip'] as const).find((each) => new RegExp(`\\b${each}\\b`).test(accepted));
      void reply.headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': POLICY,
        'cache-control': 'no-cache',
        vary: 'Accept-Encoding',
        ...(encoding && { 'content-encoding': encoding }),
      });
      return reply.send(encoding ? compressed[encoding] : html);
    });
  // Used by password managers. Relative, for a server below a path. Source: W3C, A Well-Known URL for Changing
  // Passwords.
  fastify.get('/.well-known/change-password', (_request: FastifyRequest, reply: FastifyReply) =>
    reply.redirect('../change-password', 302),
  );
  fastify.get('/robots.txt', (_request: FastifyRequest, reply: FastifyReply) =>
    reply.type('text/plain; charset=utf-8').send(ROBOTS),
  );
  // For Swagger UI and other pages without an icon of their own.
  const [, iconPath = ''] = /rel="icon" href="[^"]*\/assets\/([^"]+)"/.exec(template) ?? [];
  const icon = await readFile(`${PAGE}assets/${iconPath}`);
  fastify.get('/favicon.ico', (_request: FastifyRequest, reply: FastifyReply) =>
    reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(icon),
  );
  // Their names change with their content.
  await app.register(fastifyStatic, {
    root: `${PAGE}assets`,
    prefix: '/assets/',
    wildcard: false,
    preCompressed: true,
    decorateReply: false,
    immutable: true,
    maxAge: '365d',
  });
}

/** The configuration of the page; read by `web/src/settings.ts`. */
function withSettings(template: string, options: Options, { logo, style }: SiteLook): string {
  const { pathPrefix, dialect, siteName, registration, passwordMinLength, docs, production, docsPath } =
    options;
  const mount = mountOf(options);
  const settings = {
    mount,
    baseUrl: `${mount}/${pathPrefix}`,
    dialect,
    siteName,
    siteLogo: logo === undefined ? null : mount + logo,
    scheme: options.authHeaderTypes[0] ?? 'Bearer',
    registration,
    signInWith: options.signInWith,
    addressNeeded: options.emailVerification === 'mandatory',
    mail: sendsEmails(options),
    verification: options.emailVerification !== 'none',
    secondFactor: options.secondFactor !== 'off',
    passkeys: options.secondFactor !== 'off' && typeof relyingPartyOf(options) !== 'string',
    providers: DIALECTS[dialect].operations.startProvider
      ? options.providers.map((provider) => ({
          id: provider.id,
          name: provider.name ?? kindOf(provider).name,
        }))
      : [],
    emailCode: options.emailCodeLogin && DIALECTS[dialect].operations.requestLoginCode !== undefined,
    apiKeys: options.apiKeys,
    showToken: options.showAccessToken,
    passwordMinLength,
    docsUrl: (docs ?? !production) ? `${mount}/${docsPath}` : null,
  };
  const content = escaped(JSON.stringify(settings));
  const image = logo === undefined ? '' : `<img src="${logo}" alt="">`;
  const link = style === undefined ? '' : `<link rel="stylesheet" href="${style}">`;
  return template
    .replace('</head>', `${link}</head>`)
    .replace('<p class="brand">', `<p class="brand">${image}`)
    .replaceAll(/ (src|href)="\//g, (_, name: string) => ` ${name}="${mount}/`)
    .replace('name="tokenjar" content=""', () => `name="tokenjar" content="${content}"`)
    .replace('<title>Tokenjar</title>', () => `<title>${escaped(siteName)}</title>`)
    .replace('Tokenjar</p>', () => `${escaped(siteName)}</p>`);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
