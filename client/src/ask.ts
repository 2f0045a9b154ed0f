import { AuthError, type Body, type Dialect } from './types.js';

/**
 * After so long an answer is no longer waited for. The server counts on it (`REFRESH_GIVE_UP`): a later answer must not
 * put its cookie over that of a newer one. **Unit** milliseconds.
 */
export const GIVE_UP = 20_000;

export interface Question {
  method?: string | undefined;
  json?: object | undefined;
  /** What stands in the Authorization header. */
  bearer?: string | undefined;
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
        signal: controller.signal,
        headers: {
          ...(bearer && { Authorization: bearer }),
          ...(json && { 'Content-Type': 'application/json' }),
        },
        ...(json && { body: JSON.stringify(json) }),
      });
      const body = read(await response.text());
      if (response.ok && body) return body;
      throw new AuthError(
        body ? dialect.problem(body) : {},
        response.status,
        Number(response.headers.get('Retry-After')) || undefined,
      );
    } catch (cause) {
      throw cause instanceof AuthError ? cause : new AuthError({ cause });
    } finally {
      clearTimeout(patience);
    }
  };

/** A portal or a proxy may answer with a page of its own: that is no answer. */
function read(text: string): Body | undefined {
  try {
    const body: unknown = JSON.parse(text || '{}');
    return body instanceof Object ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}
