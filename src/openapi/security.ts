import type { Options } from '../config/options.js';
import { needsAccessToken, type OperationRow } from '../http/operation-row.js';
import { cookieNames } from './headers.js';

type Security = Record<string, string[]>[];

/** What proves who asks, as the document names it: the access token before the cookie, as Swagger UI shows them. */
export function securitySchemes(options: Options): Record<string, object> {
  const [scheme = 'Bearer', ...others] = options.authHeaderTypes;
  const isBearer = scheme.toLowerCase() === 'bearer';
  const also = others.length > 0 ? ` These schemes are accepted too: ${others.join(', ')}.` : '';
  const [name, secureName] = cookieNames(options);
  const access = isBearer
    ? {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: `The access token, signed with ${options.algorithm}.${also}`,
      }
    : // OpenAPI knows registered scheme words only.
      {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: `\`${scheme} \` and the access token, signed with ${options.algorithm}.${also}`,
      };
  const basic = {
    type: 'http',
    scheme: 'basic',
    description: 'An API key with the permission `introspect` as the password, under any name.',
  };
  const services: Record<string, object> = options.apiKeys ? { basic } : {};
  if (options.refreshTokenIn === 'body') return { access, ...services };
  const rename = secureName ? ` Over https its name is \`${secureName}\`.` : '';
  const refresh = {
    type: 'apiKey',
    in: 'cookie',
    name,
    description: `The refresh token. It is set by a login and sent by the browser automatically; no script can read it.${rename}`,
  };
  return { access, refresh, ...services };
}

/** What an operation demands. */
export function securityOf({ access }: OperationRow, { refreshTokenIn }: Options): Security {
  if (needsAccessToken(access)) return [{ access: [] }];
  if (access === 'service') return [{ access: [] }, { basic: [] }];
  if (access === 'public' || refreshTokenIn === 'body') return [];
  // The token may come in the body instead, or need not come at all.
  const isInCookie = access === 'refresh_token' && refreshTokenIn === 'cookie';
  return isInCookie ? [{ refresh: [] }] : [{ refresh: [] }, {}];
}
