import type { Options } from '../config/options.js';
import type { Dialect } from '../http/dialects/dialect.js';
import { cookieNames } from './headers.js';

/** The description at the top of the document. **Shape** CommonMark. */
export function introductionTo(dialect: Dialect, options: Options): string {
  return [
    'Authentication for browser apps.',
    tokens(options),
    dialect.introduction,
    ...(options.refreshTokenIn === 'body' ? [] : [OTHER_ORIGINS]),
    ELSEWHERE,
  ].join('\n\n');
}

function tokens(options: Options): string {
  const inMemory = 'The access token is returned in the body and belongs in a private variable';
  if (options.refreshTokenIn === 'body')
    return `${inMemory}. The refresh token is returned in the body as well, because this server is configured for clients without cookies (\`REFRESH_TOKEN_IN=body\`).`;
  const [name, secureName] = cookieNames(options);
  const rule = secureName
    ? ` named \`${name}\`, and over https \`${secureName}\` (the prefix prevents other hosts of the domain from planting one)`
    : ` named \`${name}\``;
  const also =
    options.refreshTokenIn === 'both' ? ', and is returned in the body too (`REFRESH_TOKEN_IN=both`)' : '';
  return `${inMemory}; the refresh token is kept in an HttpOnly cookie${rule}, which the browser stores and sends by itself${also}. After a reload, POST the refresh without a body to get an access token.`;
}

const ELSEWHERE = `A trailing slash is optional. On any path, a request can also get the following errors, with a body of the same form as all errors:

- 400 \`request_malformed\` or \`url_malformed\`
- 404 \`not_found\`: there is nothing at this URL
- 405 \`method_not_allowed\`: the \`Allow\` header lists the methods that are
- 408 \`request_timeout\`: the request took more than 30 seconds to arrive
- 414 \`url_too_long\`
- 417 \`expectation_failed\`: an \`Expect\` header other than \`100-continue\`
- 431 \`headers_too_large\`: the headers together are larger than 16 KiB`;

const OTHER_ORIGINS =
  '**Pages of other origins** cannot sign in, refresh or sign out: such a request needs `Sec-Fetch-Site: same-origin`, an `Origin` that is ours or in `TRUSTED_ORIGINS`, or no `Origin` and no `Sec-Fetch-Site` other than `none`, as from a program. Otherwise it is refused with `origin_refused`.';
