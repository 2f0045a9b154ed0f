import { type Auth, AuthError, createAuth, type Reason, type User } from '@tokenjar/client';
import { django, djangoLegacy, envelope, standard } from '@tokenjar/client/dialects';
import { quiet } from '@tokenjar/client/quiet';
import { useEffect, useState } from 'preact/hooks';
import { settings } from './settings.ts';

const DIALECTS = { standard, django, 'django-legacy': djangoLegacy, envelope };

/** In the django dialects a user is an address and a number, and nothing else. */
export type Account = Pick<User, 'email'> & Partial<User>;

/** The client of this page: all that knows the access token. */
export const auth: Auth<Account> = createAuth({
  baseUrl: settings.baseUrl,
  dialect: DIALECTS[settings.dialect],
  scheme: settings.scheme,
  fetch: quiet,
});

export interface AuthState {
  /** Undefined until that is known. */
  user: Account | null | undefined;
  reason?: Reason;
  /** Why it is not known yet. */
  failure?: AuthError;
}

/** Who is signed in, from page load on. */
export function useAuth(): AuthState {
  const [state, setState] = useState<AuthState>({ user: undefined });
  useEffect(() => {
    const end = auth.onChange((user, reason) => setState({ user, reason }));
    // Its success is told to the listener. After a failure the client goes on trying by itself.
    auth.ready().catch((failure: AuthError) => setState({ user: undefined, failure }));
    return end;
  }, []);
  return state;
}
