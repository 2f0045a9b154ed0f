/**
 * Acting as a user: a page shows an administrator what one of its users sees.
 *
 * @packageDocumentation
 */
import { type Auth, AuthError, type Session, type User } from './index.js';

/** The response of `POST /auth/admin/users/:id/impersonate`. */
export interface ActingToken {
  access_token: string;
  token_type: string;
  /** **Unit** seconds. */
  expires_in: number;
}

/** Who acts as the user of the page. */
export interface Actor {
  /** The ID of the administrator. */
  id: string;
  /** When the token expires. */
  until: Date;
}

export interface ActingAuth<U = User> extends Auth<U> {
  /** The administrator who acts as {@link Auth.user}; null while users are themselves. */
  readonly actor: Actor | null;
  /**
   * Shows the user of a token instead of the signed-in one, who stays signed in. It is over when the token expires, when
   * the administrator signs out, and with the page.
   *
   * @throws `AuthError` if the token is refused.
   */
  actAs: (token: ActingToken) => Promise<U>;
  /** Returns to the signed-in user. */
  stopActing: () => void;
}

/**
 * Returns the client, which can act as another user.
 *
 * ```ts
 * export const auth = withActing(createAuth());
 * ```
 *
 * Meanwhile {@link Auth.fetch} sends the token of that user, and {@link Auth.onChange} tells of that user. What only users
 * themselves may do is refused with `impersonating`, here as by the server.
 *
 * @param origins those of the settings: further origins of the API.
 */
export function withActing<U = User>(auth: Auth<U>, origins: readonly string[] = []): ActingAuth<U> {
  const listeners = new Set<Parameters<Auth<U>['onChange']>[0]>();
  let acting: { user: U; header: string; token: string; origin: string; actor: Actor } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell: Parameters<Auth<U>['onChange']>[0] = (user, reason) => {
    for (const listener of listeners) listener(user, reason);
  };
  auth.onChange((user, reason) => {
    // A refresh of the administrator's own session changes nothing here.
    if (acting && user && reason === 'updated') return;
    end();
    tell(user, reason);
  });
  function end(): void {
    clearTimeout(timer);
    acting = undefined;
  }
  function stopActing(): void {
    if (!acting) return;
    end();
    tell(auth.user, 'login');
  }

  const here = (globalThis.location as Location | undefined)?.href;
  const trusted = [here ?? [], origins].flat().map((url) => new URL(url).origin);
  const via: typeof fetch = async (input, init) => {
    const sent = acting;
    if (!sent) return auth.fetch(input, init);
    const { origin } = new URL(input instanceof Request ? input.url : input, here);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    const isTold = [sent.origin, ...trusted].includes(origin) && !headers.has('Authorization');
    if (isTold) headers.set('Authorization', sent.header);
    // It leaves a request alone that is authorized, and one to another origin.
    const response = await auth.fetch(input, { ...init, headers });
    // Nothing renews this token.
    if (isTold && response.status === 401 && acting === sent) stopActing();
    return response;
  };
  /** An operation of the signed-in user, whom nobody must take for the one on the page. */
  const inPerson =
    <Values extends unknown[], Result>(work: (...values: Values) => Promise<Result>) =>
    (...values: Values): Promise<Result> =>
      acting
        ? Promise.reject(new AuthError({ code: 'impersonating', detail: 'Only users themselves.' }, 403))
        : work(...values);

  const { sessions } = auth;
  return Object.defineProperties(Object.create(auth) as ActingAuth<U>, {
    user: { get: () => (acting ? acting.user : auth.user) },
    expiresIn: {
      get: () =>
        acting ? Math.max(0, Math.ceil((acting.actor.until.getTime() - Date.now()) / 1000)) : auth.expiresIn,
    },
    actor: { get: () => acting?.actor ?? null },
    ...values<Partial<ActingAuth<U>>>({
      async actAs({ access_token: token, token_type, expires_in }) {
        const header = `${token_type} ${token}`;
        let origin = '';
        const request: typeof fetch = (input, init) => {
          ({ origin } = new URL(input as string));
          return auth.fetch(input, { ...init, headers: { Authorization: header } });
        };
        const user = auth.dialect.content(await auth.request('/user', { via: request }), 'user') as U;
        end();
        const until = new Date(Date.now() + expires_in * 1000);
        acting = { user, header, token, origin, actor: { id: actorIn(token), until } };
        timer = setTimeout(stopActing, expires_in * 1000);
        tell(user, 'login');
        return user;
      },
      stopActing,
      fetch: via,
      ready: async () => (acting ? acting.user : auth.ready()),
      accessToken: async () => (acting ? acting.token : auth.accessToken()),
      async refresh() {
        if (!acting) return auth.refresh();
        acting.user = auth.dialect.content(await auth.request('/user', { via }), 'user') as U;
        tell(acting.user, 'updated');
        return acting.user;
      },
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      login: inPerson(auth.login),
      register: inPerson(auth.register),
      logout: inPerson(auth.logout),
      changePassword: inPerson((input) => auth.changePassword(input)),
      deleteAccount: inPerson((input) => auth.deleteAccount(input)),
      exchange: inPerson(auth.exchange),
      sessions: {
        list: async () =>
          acting
            ? (auth.dialect.content(await auth.request('/sessions', { via }), 'sessions') as Session[])
            : sessions.list(),
        end: inPerson(sessions.end),
        endOthers: inPerson(sessions.endOthers),
      },
    }),
  });
}

const values = <Members extends object>(members: Members): PropertyDescriptorMap =>
  Object.fromEntries(Object.entries(members).map(([name, value]: [string, unknown]) => [name, { value }]));

/** The claim `act` (RFC 8693 §4.1). */
function actorIn(token: string): string {
  const payload = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
  const { act } = JSON.parse(atob(payload)) as { act?: { sub?: string } };
  return act?.sub ?? '';
}
