import { createAccess, moment } from './access.js';
import { createAsk } from './ask.js';
import { authorizedFetch } from './authorized-fetch.js';
import { standard } from './standard.js';
import { createTabs, type Tabs } from './tabs.js';
import {
  type Auth,
  AuthError,
  type Inputs,
  type Reason,
  type Session,
  type Settings,
  type User,
} from './types.js';

/**
 * Makes the client of one Tokenjar; a page needs one. It asks nothing before it is asked. Where there is no document,
 * as on a server that renders pages, nobody is signed in.
 *
 * @typeParam U what the user looks like, where it is not that of the standard dialect.
 */
export function createAuth<U = User>(settings: Settings = {}): Auth<U> {
  const { baseUrl = '/auth', origins = [], dialect = standard } = settings;
  // Looked up with each request: others may wrap it later.
  const send: typeof fetch = settings.fetch ?? ((...request) => fetch(...request));
  const page = globalThis.document as Document | undefined;
  const base = new URL(baseUrl, page?.baseURI ?? 'http://localhost').href.replace(/\/$/, '');
  const trusted = [page?.baseURI ?? base, base, ...origins].map((url) => new URL(url).origin);

  const listeners = new Set<(user: U | null, reason: Reason) => void>();
  const ask = createAsk(base, dialect, send);
  const access = createAccess<U>(
    ask,
    dialect,
    () => tabs,
    !page && !settings.fetch,
    (user, reason) => {
      for (const listener of listeners) queueMicrotask(() => listener(user, reason));
    },
  );
  const tabs: Tabs = createTabs(page && base, access.callOff, (message) => {
    if (message === 'logout') access.forget('other-tab');
    else access.refresh(true).catch(() => {});
  });
  const authorized = authorizedFetch(access, dialect, trusted, send);
  const api = (path: string, method?: string) => ask(path, { method, via: authorized });

  const closing = new AbortController();
  const { signal } = closing;
  if (page) {
    page.addEventListener('visibilitychange', () => void (page.hidden || access.wake()), { signal });
    // Not all pages of an office at once.
    addEventListener('online', () => setTimeout(() => access.wake(true), 1000 * Math.random()), { signal });
    // Out of the cache of the back button: much may have been said meanwhile.
    addEventListener('pageshow', ({ persisted }) => void (persisted && access.refresh().catch(() => {})), {
      signal,
    });
  }

  const enter = (path: string, name: 'login' | 'register', input: Inputs[typeof name]) =>
    tabs.alone(async () => {
      const sentAt = moment();
      const body = await ask(path, { method: 'POST', json: dialect.request(name, input) });
      if (name === 'register' && !dialect.tokens(body).accessToken) return null;
      const user = await access.accept(body, sentAt, 'login');
      tabs.tell('login');
      return user;
    });

  function leave(): void {
    access.forget('logout');
    tabs.tell('logout');
  }

  /** For what needs the token and changes the cookie. */
  async function aloneWithToken<T>(work: (bearer: string | undefined) => Promise<T>): Promise<T> {
    // Before the others wait: it may have to be renewed.
    await access.token();
    return tabs.alone(() => work(access.header() ?? undefined));
  }

  let currentId: string | undefined;

  return {
    get user() {
      return access.user();
    },
    get expiresIn() {
      return access.expiresIn();
    },
    ready: access.ready,
    login: (input) => enter('/login', 'login', input) as Promise<U>,
    register: (input) => enter('/registration', 'register', input),
    logout: () =>
      tabs.alone(async () => {
        await ask('/logout', { method: 'POST' }).catch((error: AuthError) => {
          // There was nothing to sign out of.
          if (error.status !== 401) throw error;
        });
        leave();
      }),
    changePassword: (input) =>
      aloneWithToken(async (bearer) => {
        const sentAt = moment();
        const json = dialect.request('changePassword', input);
        const body = await ask('/password/change', { method: 'POST', json, bearer });
        // Some dialects keep the tokens as they are.
        if (dialect.tokens(body).accessToken) await access.accept(body, sentAt, 'updated');
      }),
    deleteAccount: (input) =>
      aloneWithToken(async (bearer) => {
        await ask('/user', { method: 'DELETE', json: dialect.request('deleteAccount', input), bearer });
        leave();
      }),
    refresh: () => access.refresh(),
    accessToken: access.token,
    fetch: authorized,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    sessions: {
      async list() {
        const sessions = dialect.content(await api('/sessions'), 'sessions') as Session[];
        currentId = sessions.find(({ current }) => current)?.id;
        return sessions;
      },
      async end(id) {
        await api(`/sessions/${encodeURIComponent(id)}`, 'DELETE');
        if (id === currentId) leave();
      },
      endOthers: async () => void (await api('/sessions', 'DELETE')),
    },
    close() {
      closing.abort();
      tabs.close();
      access.close();
    },
  };
}
