import { AuthError, type Body, type Dialect } from './types.js';

/**
 * After so long an answer is no longer waited for. The server counts on it (`REFRESH_GIVE_UP`): a later answer must not
 * put its cookie over that of a newer one. **Unit** milliseconds.
 */
export const GIVE_UP = 20_000;
/** A timer cannot wait for ever: what is longer than 24 days is not waited for at all. **Unit** seconds. */
const LONGEST_RETRY = 86_400;

export interface Question {
  method?: string | undefined;
  json?: object | undefined;
  /** What stands in the Authorization header. */
  bearer?: string | null | undefined;
  /** Calls it off. */
  controller?: AbortController | undefined;
  via?: typeof fetch | undefined;
}

/** Asks Tokenjar. @returns the body of a success. @throws {AuthError} for anything else. */
export type Ask = (path: string, question?: Question) => Promise<Body>;

export const createAsk =
  (base: string, dialect: Dialect, send: typeof fetch): Ask =>
  async (path, { method = 'GET', json, bearer, controller = new AbortController(), via = send } = {}) => {
    const patience = setTimeout(() => controller.abort(), GIVE_UP);
    try {
      const response = await via(base + path, {
        method,
        credentials: 'include',
        // The API never redirects; what does is a portal or a proxy that wants somebody to sign in there.
        redirect: 'error',
        signal: controller.signal,
        headers: {
          ...(bearer && { Authorization: bearer }),
          ...(json && { 'Content-Type': 'application/json' }),
        },
        ...(json && { body: JSON.stringify(json) }),
      });
      const reads = /GET|PATCH/.test(method);
      if (response.status === 204 && !reads) return {};
      // A portal or a proxy may answer with a page of its own, or say that all is well: that is no answer.
      const isJson = response.headers.get('Content-Type')?.includes('json');
      const body = ((isJson && (await response.json())) || {}) as Body;
      if (response.ok && isJson && (reads || dialect.tokens(body).accessToken || dialect.isDone(body)))
        return body;
      const retryAfter = Number(response.headers.get('Retry-After'));
      throw new AuthError(
        dialect.problem(body),
        response.status,
        retryAfter >= 1 ? Math.min(retryAfter, LONGEST_RETRY) : undefined,
      );
    } catch (cause) {
      throw cause instanceof AuthError ? cause : new AuthError({ cause });
    } finally {
      clearTimeout(patience);
    }
  };

/** Whether it says for certain that there is no session, in words of ours. */
export const isSignedOut = ({ status, code }: AuthError): boolean =>
  status === 401 && /^(token|refresh|user)_/.test(code);
