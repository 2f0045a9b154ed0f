import { AuthError } from '@tokenjar/client';
import { auth } from '../auth.ts';

export interface ApiKey {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}

/** What a response has: one dialect wraps it. */
const contentOf = <Content>(body: object, wrap: string): Content =>
  (wrap in body ? (body as Record<string, unknown>)[wrap] : body) as Content;

const via: typeof fetch = (...sent) => auth.fetch(...sent);

export async function listKeys(): Promise<ApiKey[]> {
  const keys = contentOf<unknown>(await auth.request('/keys', { via }), 'result');
  if (!Array.isArray(keys)) throw new AuthError({});
  return keys as ApiKey[];
}

/** The permissions that the session has, of which a key can have some. */
export async function ownScopes(): Promise<string[]> {
  const body: { scope?: unknown; session?: { scope?: unknown } } = await auth.request('/session', { via });
  const scope = body.scope ?? body.session?.scope;
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}

/** @returns the key itself, which nobody can show again. */
export async function createKey(json: {
  name: string;
  scopes: string[];
  expires_in: number;
}): Promise<string> {
  const body = await auth.request('/keys', { method: 'POST', json, expects: 'key', via });
  return contentOf<{ key: string }>(body, 'result').key;
}

export async function revokeKey(id: string): Promise<void> {
  await auth.request(`/keys/${id}`, { method: 'DELETE', via });
}
