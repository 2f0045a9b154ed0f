/**
 * Step-up authentication: users authenticate again when the server demands it, and the request goes on.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type Body, type User } from './index.js';

/** **Source** RFC 9470 §3. */
const STEP_UP = 'insufficient_user_authentication';

/**
 * Returns the client, which has users authenticate again when the server demands a fresh sign-in or a second factor.
 *
 * ```ts
 * export const auth = withStepUp(createAuth(), () => showDialog());
 * ```
 *
 * @param onReauthenticate is called once for requests that are refused at the same time, and ends with
 * `reauthenticate` of `@tokenjar/client/factors`. When it resolves, they are repeated; when it rejects, their callers get
 * that error, as the `cause` of an `AuthError` if it is none. They get the refusal if the user signs out before, or
 * somebody else signs in.
 * The body of a request that is a stream cannot be sent again: its caller gets the 401 after the user was asked, and the
 * next attempt passes.
 * The `body` of the refusal may say what is demanded: `max_age` (seconds), `acr_values` (`aal2`: a second factor).
 */
export function withStepUp<U = User>(
  auth: Auth<U>,
  onReauthenticate: (refusal: AuthError) => Promise<unknown>,
): Auth<U> {
  let asked: Promise<unknown> | undefined;
  /** How often the user has authenticated again. */
  let times = 0;
  const ask = (refusal: AuthError) => {
    let end = () => {};
    const before = JSON.stringify(auth.user);
    return (asked ??= new Promise((done, fail) => {
      // Whoever signs in next must not repeat what somebody else has asked for.
      end = auth.onChange((user, reason) => {
        if (reason !== 'updated' && JSON.stringify(user) !== before) fail(refusal);
      });
      onReauthenticate(refusal).then(done, fail);
    })
      .then(() => times++)
      .catch((cause: unknown) => {
        throw cause instanceof AuthError
          ? cause
          : new AuthError({ code: STEP_UP, detail: refusal.message, cause });
      })
      .finally(() => {
        end();
        asked = undefined;
      }));
  };
  const again = <Result>(work: () => Promise<Result>): Promise<Result> =>
    work().catch(async (error: AuthError) => {
      if (error.code !== STEP_UP) throw error;
      await ask(error);
      return work();
    });

  return Object.assign(Object.create(auth) as Auth<U>, {
    changePassword: (input) => again(() => auth.changePassword(input)),
    deleteAccount: (input) => again(() => auth.deleteAccount(input)),
    async fetch(input, init) {
      const before = times;
      const response = await auth.fetch(input, init);
      if (response.status !== 401) return response;
      const refusal = await refusalOf(response, auth);
      if (refusal.code !== STEP_UP) return response;
      // Unless another request has had it done since.
      if (times === before) await ask(refusal);
      // What has been read is sent once.
      const isSpent = (input instanceof Request && input.bodyUsed) || init?.body instanceof ReadableStream;
      return isSpent ? response : auth.fetch(input, init);
    },
  } satisfies Partial<Auth<U>>);
}

async function refusalOf(response: Response, { dialect }: Pick<Auth, 'dialect'>): Promise<AuthError> {
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as Body;
  const problem = dialect.problem(body);
  // An API without the header may report it by the code.
  const isChallenge = response.headers.get('WWW-Authenticate')?.includes(STEP_UP);
  return new AuthError(
    { ...problem, ...(isChallenge && { code: STEP_UP }) },
    response.status,
    undefined,
    body,
  );
}
