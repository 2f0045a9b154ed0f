import { AuthError, type Problem } from '@tokenjar/client';
import { auth } from '../auth.ts';
import { settings } from '../settings.ts';

/** A user as administrators see one. */
export interface ManagedUser {
  id: number | string;
  email: string | null;
  /** Absent where nobody signs in with one. */
  username?: string | null;
  email_verified: boolean;
  active: boolean;
  roles: string[];
  has_password: boolean;
  second_factors: string[];
  locale: string | null;
  created_at: string;
  last_login_at: string | null;
  /** The fields of the app that Tokenjar is part of. */
  profile?: Record<string, unknown>;
}
/** What is made with a username. */
export interface CreatedUser {
  user: { id: number };
  /** Null where an email is on its way. */
  password_link: string | null;
}
export interface ManagedSession {
  id: string;
  device: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
  device_bound: boolean;
}
export interface Invitation {
  id: string;
  email: string;
  roles: string[];
  invited_by: number | null;
  created_at: string;
  expires_at: string;
}
export interface Role {
  name: string;
  permissions: string[];
  description: string | null;
}

export interface Identity {
  id: string;
  provider: string;
  email: string | null;
  created_at: string;
}
export interface AuditEvent {
  id: string;
  at: string;
  event: string;
  outcome: 'success' | 'failure';
  reason: string | null;
  user_id: number | string | null;
  ip: string | null;
  actor: string | null;
  count: number;
}

export interface Webhook {
  id: string;
  url: string;
  events: string[];
  created_at: string;
  disabled_at: string | null;
}
export interface Delivery {
  id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  created_at: string;
  response_status: number | null;
  error: string | null;
}

/** A page of a list, and the cursor of the next one. */
export interface ListPage<Item> {
  items: Item[];
  next: string | null;
}

/** What a request says: what is undefined or empty is left out. */
export type Query = Record<string, string | number | boolean | undefined>;

export const withQuery = (path: string, query: Query): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const parameters = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length === 0 ? path : `${path}?${parameters.toString()}`;
};

/**
 * Sends a request of an administrator. They are worded alike in every dialect, so the client's is not asked; what needs
 * a fresh sign-in or a second factor asks for it by itself, as on the account page.
 */
async function send(method: string, path: string, json?: object, accept?: string): Promise<Response> {
  let response: Response;
  try {
    response = await auth.fetch(`${settings.baseUrl}/admin/${path}`, {
      method,
      redirect: 'error',
      headers: { ...(json && { 'Content-Type': 'application/json' }), ...(accept && { Accept: accept }) },
      ...(json && { body: JSON.stringify(json) }),
    });
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new AuthError({ cause });
  }
  if (response.ok) return response;
  const isJson = response.headers.get('Content-Type')?.includes('json');
  const problem = (isJson ? await response.json().catch(() => ({})) : {}) as Problem;
  const wait = Number(response.headers.get('Retry-After'));
  throw new AuthError(problem, response.status, wait >= 1 ? wait : undefined);
}

export const admin = {
  get: async <Result>(path: string, query: Query = {}): Promise<Result> =>
    (await (await send('GET', withQuery(path, query))).json()) as Result,
  post: async <Result>(path: string, json: object = {}): Promise<Result> =>
    (await (await send('POST', path, json)).json()) as Result,
  put: async (path: string, json: object): Promise<void> => void (await send('PUT', path, json)),
  patch: async <Result>(path: string, json: object): Promise<Result> =>
    (await (await send('PATCH', path, json)).json()) as Result,
  delete: async (path: string): Promise<void> => void (await send('DELETE', path)),
  /** A list as a file. */
  file: async (path: string, query: Query): Promise<Blob> =>
    (await send('GET', withQuery(path, query), undefined, 'text/csv')).blob(),
};
