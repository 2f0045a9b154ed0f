import { type Access, createAccess, moment } from './access.js';
import { createAsk, isSignedOut } from './ask.js';
import { authorizedFetch } from './authorized-fetch.js';
import { AuthError } from './auth-error.js';
import type { Body } from './dialect.js';
import { standard } from './standard.js';
import { createTabs, type Tabs } from './tabs.js';
import type { Auth, Reason, Session, Settings, User } from './types.js';

/**
 * Creates the client of a Tokenjar server; a page needs one. It sends no request until one of its methods is called.
 * Where there is neither a document nor a worker, as on a rendering server, nobody is signed in.
 *
 * @typeParam U the type of the user, if it differs from that of the standard dialect.
 */
export function createAuth<U = User>(settings: Settings = {}): Auth<U> {
  const { baseUrl = '/auth', origins = [], dialect = standard, scheme = 'Bearer' } = settings;
  // Looked up for each request, because other code may wrap it later.
  const send: typeof fetch = settings.fetch ?? ((...request) => fetch(...request));
  // A worker has no document; the address of one created from a blob begins with that. A server has neither.
  const here =
    (globalThis.document as Document | undefined)?.baseURI ??
    (globalThis.location as Location | undefined)?.href.replace(/^blob:(?=h)/, '');
  const base = new URL(baseUrl, here ?? 'http://a').href.replace(/\/$/, '');
  const trusted = [here ?? base, base, ...origins].map((url) => new URL(url).origin);

  const listeners = new Set<(user: U | null, reason: Reason) => void>();
  const ask = createAsk(base, dialect, send);
  const tabs: Tabs = createTabs(
    here && base,
    () => access.callOff(),
    (message) => {
      if (message === 'logout') access.forget('other-tab');
      else access.refresh(true).catch(() => {});
    },
  );
  const access: Access<U> = createAccess<U>(
    ask,
    dialect,
    tabs,
    !here && !settings.fetch,
    scheme,
    (user, reason) => {
      for (const listener of listeners) queueMicrotask(() => listener(user, reason));
    },
  );
  const via = authorizedFetch(access, dialect, here, trusted, send);

  const closing = new AbortController();
  if (here) {
    addEventListener('visibilitychange', () => access.wake(), closing);
    // Not all pages of an office at once.
    addEventListener('online', () => setTimeout(() => access.wake(true), 1000 * Math.random()), closing);
    // Restored from the back/forward cache: messages from other tabs may have been missed.
    addEventListener(
      'pageshow',
      (event) => void (event.persisted && access.refresh().catch(() => {})),
      closing,
    );
  }

  /** Runs an operation that changes the cookie. Without `json`, no body is sent. @returns the body of its response. */
  async function act(
    path: string,
    reason: 'login' | 'updated' | 'logout',
    json?: object,
    method = 'POST',
  ): Promise<Body> {
    const needsToken = json && reason !== 'login';
    // Before the other tabs wait, because the token may have to be refreshed.
    if (needsToken) await access.token();
    return tabs.alone(async () => {
      const sentAt = moment();
      const body = await ask(path, { method, json, bearer: needsToken && access.header() }).catch(
        (error: AuthError): Body => {
          // There was no session to end.
          if (json || !isSignedOut(error)) throw error;
          return {};
        },
      );
      if (reason === 'logout') leave();
      // A registration may return no tokens yet; after a password change, some dialects keep them. A login has to.
      else if (path.startsWith('/login') || dialect.tokens(body).accessToken || !dialect.isDone(body)) {
        await access.accept(body, sentAt, reason);
        if (reason === 'login') tabs.tell(reason);
      }
      return body;
    });
  }

  function leave(): void {
    access.forget('logout');
    tabs.tell('logout');
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
    login: (input) => act('/login', 'login', dialect.request('login', input)).then(access.user) as Promise<U>,
    register: (input) =>
      act('/registration', 'login', dialect.request('register', input)).then((body) =>
        dialect.tokens(body).accessToken ? access.user() : null,
      ),
    // What is in the bodies of these two is of no use.
    logout: () => act('/logout', 'logout') as Promise<unknown> as Promise<void>,
    changePassword: (input) =>
      act('/password/change', 'updated', dialect.request('changePassword', input)).then(() => {}),
    deleteAccount: (input) =>
      act(
        '/user',
        'logout',
        dialect.request('deleteAccount', input),
        'DELETE',
      ) as Promise<unknown> as Promise<void>,
    exchange: act,
    refresh: () => access.refresh(),
    accessToken: access.token,
    fetch: via,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    sessions: {
      async list() {
        const sessions = dialect.content(await ask('/sessions', { via }), 'sessions') as Session[];
        if (!Array.isArray(sessions)) throw new AuthError({});
        currentId = sessions.find((each) => each.current)?.id;
        return sessions;
      },
      async end(id) {
        await ask(`/sessions/${encodeURIComponent(id)}`, { method: 'DELETE', via });
        if (id === currentId) leave();
      },
      endOthers: async () => void (await ask('/sessions', { method: 'DELETE', via })),
    },
    request: ask,
    dialect,
    close() {
      closing.abort();
      tabs.close();
      access.close();
    },
  };
}
