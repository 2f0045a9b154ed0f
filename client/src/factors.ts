/**
 * Second factors, passkeys, emailed codes, and authenticating again: what goes beyond a password. A separate entry point,
 * for the pages that need it.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type Body, type User } from './index.js';
import { type AcceptedPasskeys, createPasskeys, signal } from './passkeys.js';
import type { FactorsApi, PendingLogin, SignedIn } from './factor-types.js';

export { supportsAutofill, supportsPasskeys } from './passkeys.js';
export type * from './factor-types.js';

/**
 * What a sign-in lacks, if that is why it was refused; undefined for any other error.
 *
 * ```ts
 * try {
 *   await auth.login(input);
 * } catch (error) {
 *   const pending = pendingLogin(error);
 *   if (!pending) throw error;
 *   // Ask for a code, then: await factors.verify({ method: 'totp', code }, pending)
 * }
 * ```
 */
export function pendingLogin(error: unknown): PendingLogin | undefined {
  if (!(error instanceof AuthError) || !/^second_factor_(setup_)?required$/.test(error.code))
    return undefined;
  const facts = { ...error.body, ...(error.body?.pending as Body | undefined) };
  // dj-rest-auth itself does not say what can be used.
  const { methods = ['totp', 'recovery_code'], expires_in = 300, login_token, ephemeral_token } = facts;
  return {
    isSetup: error.code.includes('setup'),
    methods: methods as PendingLogin['methods'],
    expiresIn: expires_in as number,
    token: { ...(login_token ? { login_token } : ephemeral_token ? { ephemeral_token } : {}) },
  };
}

/** Creates the API of second factors on top of the client of the page. */
export function createFactors<U = User>(auth: Auth<U>): FactorsApi<U> {
  const { dialect } = auth;
  const via: typeof fetch = (...sent) => auth.fetch(...sent);

  /** What a response contains. @param expects a property that it has to have. */
  async function content<Result extends object>(
    path: string,
    expects: keyof Result & string,
    json?: object,
    via?: typeof fetch,
    method = 'POST',
  ): Promise<Result> {
    const body = await auth.request(path, { method, expects, ...(json && { json }), ...(via && { via }) });
    const found = dialect.content(body, 'result') as Result | undefined;
    if (!found?.[expects]) throw new AuthError({});
    return found;
  }
  /** What `navigator.credentials` is called with, and what goes back with its answer where there is no cookie. */
  const options = (path: string, json: object, via?: typeof fetch) =>
    content<{ public_key: object; login_token?: string; session_id?: string }>(path, 'public_key', json, via);
  /** For somebody who is signed in. */
  const create = (path: string, json: object) =>
    credential(async () => (await options(path, json, via)).public_key);
  const change = async (method: string, path: string, json?: object): Promise<void> =>
    void (await auth.request(`/factors/${path}`, { method, ...(json && { json }), via }));

  async function signIn(path: string, json: object): Promise<SignedIn<U>> {
    const { recovery_codes } = await auth.exchange(path, 'login', json);
    return {
      user: auth.user as U,
      ...(Array.isArray(recovery_codes) && { recoveryCodes: recovery_codes as string[] }),
    };
  }

  /** A change of factors raises the session, whose access tokens are outdated then. */
  async function changed<Result>(result: Promise<Result>): Promise<Result> {
    const done = await result;
    // It is done, whatever comes of that.
    await auth.refresh().catch(() => {});
    return done;
  }

  const credential = createPasskeys();

  return {
    verify: (answer, pending) => signIn('/login/second-factor', { ...answer, ...pending?.token }),
    setUpTotp: (pending) => content('/login/setup', 'uri', { method: 'totp', ...pending?.token }),
    async signInWithPasskey({ pending, trust_device, remember, ...prompt } = {}) {
      const method = { method: 'passkey', ...pending?.token };
      let isStep: unknown = pending;
      let secret = {};
      const made = await credential(async () => {
        const { public_key, ...others } = await options('/login/options', method);
        secret = others;
        // The browser may have begun a login before this page was loaded: then they are of its account.
        isStep ||= (public_key as { allowCredentials?: [] }).allowCredentials?.length;
        return public_key;
      }, prompt);
      return isStep
        ? signIn('/login/second-factor', { ...method, credential: made, trust_device })
        : signIn('/login/passkey', { ...secret, credential: made, remember });
    },
    requestCode: async (input) => void (await auth.request('/login/code', { method: 'POST', json: input })),
    confirmCode: (input) => signIn('/login/code/confirm', input),
    showCode: async (input) => (await content<{ code: string }>('/login/code/show', 'code', input)).code,
    async reauthenticate(answer) {
      const made = answer.method === 'passkey' && (await create('/reauthenticate/options', answer));
      await auth.exchange('/reauthenticate', 'updated', { ...answer, ...(made && { credential: made }) });
    },

    list: () => content('/factors', 'factors', undefined, via, 'GET'),
    addTotp: () => content('/factors/totp', 'uri', {}, via),
    confirmTotp: (input) => changed(content('/factors/totp/confirm', 'factor', input, via)),
    async addPasskey(input) {
      const made = await create('/factors/passkeys/options', {});
      return changed(content('/factors/passkeys', 'factor', { ...input, credential: made }, via));
    },
    syncPasskeys: () =>
      signal(
        () => content<AcceptedPasskeys>('/factors/passkeys', 'rp_id', undefined, via, 'GET'),
        (auth.user as Partial<User> | null)?.email,
      ),
    rename: (id, input) => change('PATCH', encodeURIComponent(id), input),
    remove: (id) => changed(change('DELETE', encodeURIComponent(id))),
    replaceRecoveryCodes: async () =>
      (await content<{ recovery_codes: string[] }>('/factors/recovery-codes', 'recovery_codes', {}, via))
        .recovery_codes,
    cancelReset: () => change('DELETE', 'reset'),
    forgetDevice: (id) => change('DELETE', `trusted-devices/${encodeURIComponent(id)}`),
  };
}
