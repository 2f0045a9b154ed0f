/**
 * Sign-in with providers: the way there and back, and linked accounts.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type Body, type User } from './index.js';
import type { ProviderOutcome, ProvidersApi, ProviderSignIn } from './provider-types.js';

export type * from './provider-types.js';

/** The fragments with which the server sends a browser back. */
const OUTCOME =
  /^#(?:error=([a-z_]{1,60})|signed_in|linked|reauthenticated|second_factor|second_factor_setup|account_exists|email_required)$/;

/**
 * Creates the API of providers on top of the client of the page.
 *
 * ```ts
 * const providers = createProviders(auth);
 * // A button:
 * await providers.signInWith('kakao');
 * // On page load:
 * const result = await providers.result();
 * ```
 */
export function createProviders<U = User>(auth: Auth<U>): ProvidersApi<U> {
  const { dialect, request } = auth;
  const via: typeof fetch = (...sent) => auth.fetch(...sent);
  let result: Promise<ProviderOutcome<U> | null> | undefined;

  async function list<Item>(name: 'providers' | 'identities', via?: typeof fetch): Promise<Item[]> {
    const items = dialect.content(await request(`/${name}`, { ...(via && { via }) }), name);
    if (!Array.isArray(items)) throw new AuthError({});
    return items as Item[];
  }

  async function leave(provider: string, purpose: string, trip: ProviderSignIn = {}): Promise<void> {
    const { return_to = location.href.replace(/#.*/, ''), remember } = trip;
    const body = await request(`/providers/${encodeURIComponent(provider)}/start`, {
      method: 'POST',
      json: { purpose, return_to, remember },
      expects: 'url',
      ...(purpose !== 'login' && { via }),
    });
    const { url } = { ...body, ...(body.result as Body | undefined) };
    if (!/^https?:/.test(String(url))) throw new AuthError({});
    // Until the page is gone, whoever presses the button again has to wait; and no longer, once it is shown again.
    const back = new Promise<void>((done) => addEventListener('pageshow', () => done(), { once: true }));
    location.assign(url as string);
    return back;
  }

  async function read(): Promise<ProviderOutcome<U> | null> {
    const [fragment, code] = OUTCOME.exec(location.hash) ?? [];
    if (!fragment) return null;
    history.replaceState(history.state, '', location.pathname + location.search);
    const outcome = fragment.slice(1);
    if (code || outcome === 'account_exists') throw new AuthError({ code: code ?? outcome });
    if (outcome.startsWith('second')) {
      const body = await request('/login/pending', { method: 'POST', json: {}, expects: 'methods' });
      const lacks = { ...body, ...(body.result as Body | undefined) };
      throw new AuthError({ code: `${outcome}_required` }, 401, undefined, lacks);
    }
    if (outcome === 'signed_in') {
      // As a login, so that the other tabs hear of it.
      await auth.exchange('/token/refresh', 'login', {});
      return { outcome, user: auth.user as U };
    }
    // The session has changed, and its tokens do not say so yet.
    if (outcome === 'reauthenticated') await auth.refresh();
    return { outcome: outcome as 'linked' };
  }

  return {
    list: () => list('providers'),
    signInWith: (provider, trip) => leave(provider, 'login', trip),
    link: (provider, trip) => leave(provider, 'link', trip),
    reauthenticateWith: (provider, trip) => leave(provider, 'reauthenticate', trip),
    result: () => (result ??= read()),
    requestCode: async (input) => void (await request('/login/email', { method: 'POST', json: input })),
    confirmCode: async (input) => {
      await auth.exchange('/login/code/confirm', 'login', input);
      return auth.user as U;
    },
    identities: () => list('identities', via),
    unlink: async (id) =>
      void (await request(`/identities/${encodeURIComponent(id)}`, { method: 'DELETE', via })),
  };
}
