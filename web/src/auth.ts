import { type Auth, AuthError, createAuth, type Reason, type User } from '@tokenjar/client';
import { django, djangoLegacy, envelope, standard } from '@tokenjar/client/dialects';
import { quiet } from '@tokenjar/client/quiet';
import { type ActingAuth, withActing } from '@tokenjar/client/acting';
import { withStepUp } from '@tokenjar/client/step-up';
import { useEffect, useState } from 'preact/hooks';
import { idOf } from './names.ts';
import { reauthenticate, waiting } from './reauthentication.ts';
import { settings } from './settings.ts';

const DIALECTS = { standard, django, 'django-legacy': djangoLegacy, envelope };

/** In the django dialects a user consists of names and an ID. */
export type Account = Pick<User, 'email'> & Partial<User> & { pk?: number };

/** The client of whoever has signed in. */
export const ownAuth: Auth<Account> = withStepUp(
  createAuth<Account>({
    baseUrl: settings.baseUrl,
    dialect: DIALECTS[settings.dialect],
    scheme: settings.scheme,
    fetch: quiet,
  }),
  reauthenticate,
);

/** The client of this page, perhaps of an administrator who acts as a user; nothing else handles the access token. */
export const auth: ActingAuth<Account> = withActing(ownAuth);

/**
 * Calls the listener when somebody else is signed in, or nobody any more: what waits on the page was the business of the
 * user before.
 */
export function onOtherUser(listener: () => void): void {
  let id = idOf(auth.user);
  auth.onChange((user) => {
    if (idOf(user) === id) return;
    id = idOf(user);
    listener();
  });
}

// Whoever signs in next must not confirm what somebody else has asked for.
onOtherUser(() => waiting.get()?.cancel());

export interface AuthState {
  /** Undefined until it is known. */
  user: Account | null | undefined;
  reason?: Reason;
  /** Why it is not known yet. */
  failure?: AuthError;
}

/** The signed-in user, from page load on. */
export function useAuth(): AuthState {
  const [state, setState] = useState<AuthState>({ user: undefined });
  useEffect(() => {
    const end = auth.onChange((user, reason) => setState({ user, reason }));
    // The listener handles success. After a failure the client keeps trying.
    auth.ready().catch((failure: AuthError) => setState({ user: undefined, failure }));
    return end;
  }, []);
  return state;
}
