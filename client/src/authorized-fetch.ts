import type { Access } from './access.js';
import type { Body, Dialect } from './types.js';

/** How often a refused token is renewed at most, lest a misconfigured API cause a storm. **Unit** milliseconds. */
const REFUSAL_COOLDOWN = 10_000;

/** `fetch` with the access token, for `trusted` origins only. */
export function authorizedFetch(
  access: Access<unknown>,
  dialect: Dialect,
  trusted: readonly string[],
  send: typeof fetch,
): typeof fetch {
  let refused: string | undefined;
  let refusedAt = -Infinity;
  let renewal: Promise<unknown> | undefined;
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const { origin } = new URL(request ? request.url : (input as string | URL), globalThis.document?.baseURI);
    const headers = new Headers(init?.headers ?? request?.headers);
    if (!trusted.includes(origin) || headers.has('Authorization')) return send(input, init);

    await access.token();
    const sent = access.header();
    const go = (header: string | null) => {
      if (header) headers.set('Authorization', header);
      return send(input, { ...init, headers });
    };
    const response = await go(sent);
    if (response.status !== 401 || !sent || !(await isTokenRefused(response, dialect))) return response;

    // Another request may have renewed it already, or be about to.
    if (access.header() === sent) {
      if (refused !== sent) {
        if (performance.now() - refusedAt < REFUSAL_COOLDOWN) return response;
        refused = sent;
        refusedAt = performance.now();
        renewal = access.refresh().catch(() => {});
      }
      await renewal;
    }
    const renewed = access.header();
    return !renewed || renewed === sent || isReadOnce(request, init) ? response : go(renewed);
  };
}

/** **Source** RFC 6750 §3.1: `invalid_token`. An API that says less may say it by the code. */
async function isTokenRefused(response: Response, dialect: Dialect): Promise<boolean> {
  if (response.headers.get('WWW-Authenticate')?.includes('invalid_token')) return true;
  try {
    return dialect.problem((await response.clone().json()) as Body).code?.startsWith('token_') ?? false;
  } catch {
    return false;
  }
}

/** A stream cannot be sent twice, nor can the body of a request, which may be one. */
function isReadOnce(request: Request | undefined, init: RequestInit | undefined): boolean {
  const body = init?.body;
  if (body) return body instanceof ReadableStream || Symbol.asyncIterator in Object(body);
  return request !== undefined && request.body !== null && !/^(GET|HEAD)$/.test(request.method);
}
