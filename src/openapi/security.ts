import type { Options } from '../config/options.js';
import type { Operation } from '../http/operations.js';
import { cookieNames } from './headers.js';

type Security = Record<string, string[]>[];

/** What proves who asks, as the document names it: the access token before the cookie, as Swagger UI shows them. */
export function securitySchemes(options: Options): Record<string, object> {
  const [scheme = 'Bearer', ...others] = options.authHeaderTypes;
  const isBearer = scheme.toLowerCase() === 'bearer';
  const also = others.length > 0 ? ` These scheme words do as well: ${others.join(', ')}.` : '';
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
  if (options.refreshTokenIn === 'body') return { access };
  const rename = secureName ? ` Over https its name is \`${secureName}\`.` : '';
  const refresh = {
    type: 'apiKey',
    in: 'cookie',
    name,
    description: `The refresh token. It is set by a login and sent by the browser itself; no script can read it.${rename}`,
  };
  return { access, refresh };
}

/** What an operation demands. @param isGuarded whether it stands behind the access guard. */
export function securityOf(
  operation: Operation | undefined,
  isGuarded: boolean,
  { refreshTokenIn }: Options,
): Security {
  if (isGuarded) return [{ access: [] }];
  if (refreshTokenIn === 'body') return [];
  // The token may come in the body instead.
  if (operation === 'refreshToken')
    return refreshTokenIn === 'both' ? [{ refresh: [] }, {}] : [{ refresh: [] }];
  // Signing out always works; a token may be handed in to be blacklisted.
  if (operation === 'logout' || operation === 'blacklistToken') return [{ refresh: [] }, {}];
  return [];
}
