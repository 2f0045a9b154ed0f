import type { Access } from './access.js';
import type { Body, Dialect } from './dialect.js';

/** The minimum time between refreshes of refused tokens, so that a misconfigured API causes no storm. **Unit** milliseconds. */
const REFUSAL_COOLDOWN = 10_000;

/** `fetch` with the access token, for `trusted` origins only. @param here the base of relative addresses. */
export function authorizedFetch(
  access: Access<unknown>,
  dialect: Dialect,
  here: string | undefined,
  trusted: readonly string[],
  send: typeof fetch,
): typeof fetch {
  let renewedAt = -Infinity;
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const { origin } = new URL(request ? request.url : (input as string | URL), here);
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

    // Another request may have refreshed it already, or be about to.
    if (access.header() === sent) {
      if (performance.now() - renewedAt < REFUSAL_COOLDOWN) return response;
      await access.refresh().catch(() => {});
      renewedAt = performance.now();
    }
    const renewed = access.header();
    return !renewed || renewed === sent || isReadOnce(request, init) ? response : go(renewed);
  };
}

/** **Source** RFC 6750 §3.1: `invalid_token`. An API without that may report it by the code. */
const isTokenRefused = async (response: Response, dialect: Dialect): Promise<boolean | undefined> =>
  response.headers.get('WWW-Authenticate')?.includes('invalid_token') ||
  response
    .clone()
    .json()
    .then(
      (body: Body) => dialect.problem(body).code?.startsWith('token_'),
      () => false,
    );

/** A stream cannot be sent twice, and neither can the body of a `Request`, which may be a stream. */
function isReadOnce(request: Request | undefined, init: RequestInit | undefined): boolean {
  if (init?.body) return init.body instanceof ReadableStream;
  return request !== undefined && request.body !== null && !/GET|HEAD/.test(request.method);
}
