import { AuthError } from './auth-error.js';
import type { Body, Dialect } from './dialect.js';

/**
 * The timeout of requests. The server relies on it (`REFRESH_GIVE_UP`): a later response must not overwrite a newer
 * cookie. **Unit** milliseconds.
 */
export const GIVE_UP = 20_000;
/** Timers are limited to 24 days; anything longer would fire immediately. **Unit** seconds. */
const LONGEST_RETRY = 86_400;

export interface Question {
  method?: string | undefined;
  json?: object | undefined;
  /** A property that a success has to have, if it is neither tokens nor a confirmation. */
  expects?: string | undefined;
  /** The value of the Authorization header. */
  bearer?: string | false | null | undefined;
  /** Cancels the request. */
  controller?: AbortController | undefined;
  via?: typeof fetch | undefined;
}

/** Sends a request to Tokenjar. @returns the body of a successful response. @throws {AuthError} for anything else. */
export type Ask = (path: string, question?: Question) => Promise<Body>;

export const createAsk =
  (base: string, dialect: Dialect, send: typeof fetch): Ask =>
  async (path, { method = 'GET', json, expects = '', bearer, controller, via = send } = {}) => {
    let timeout: ReturnType<typeof setTimeout> | undefined;
    try {
      const response = await via(base + path, {
        method,
        credentials: 'include',
        // The API never redirects; a redirect comes from a captive portal or a proxy with its own sign-in.
        redirect: 'error',
        // Read each time it is sent: one that is repeated, perhaps after a dialog, has its own time.
        get signal() {
          const sending = controller ?? new AbortController();
          clearTimeout(timeout);
          timeout = setTimeout(() => sending.abort(), GIVE_UP);
          return sending.signal;
        },
        headers: {
          ...(bearer && { Authorization: bearer }),
          ...(json && { 'Content-Type': 'application/json' }),
        },
        ...(json && { body: JSON.stringify(json) }),
      });
      const reads = /GET|PATCH/.test(method);
      if (response.status === 204 && !reads) return {};
      // A portal or a proxy may respond with a page or a success of its own, which does not come from Tokenjar.
      const isJson = response.headers.get('Content-Type')?.includes('json');
      const body = ((isJson && (await response.json())) || {}) as Body;
      if (
        response.ok &&
        isJson &&
        (reads || body[expects] || dialect.tokens(body).accessToken || dialect.isDone(body))
      )
        return body;
      const retryAfter = Number(response.headers.get('Retry-After'));
      throw new AuthError(
        dialect.problem(body),
        response.status,
        retryAfter >= 1 ? Math.min(retryAfter, LONGEST_RETRY) : undefined,
        body,
      );
    } catch (cause) {
      throw cause instanceof AuthError ? cause : new AuthError({ cause });
    } finally {
      clearTimeout(timeout);
    }
  };

/** Whether it is a response of Tokenjar that definitely says that there is no session. */
export const isSignedOut = ({ status, code }: AuthError): boolean =>
  status === 401 && /^(token|refresh|user)_/.test(code);
