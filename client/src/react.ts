/**
 * The signed-in user in React components.
 *
 * @packageDocumentation
 */
import { useEffect, useState } from 'react';
import type { Auth, AuthError, Reason, User } from './index.js';

export interface AuthState<U = User> {
  /** Undefined until it is known. */
  user: U | null | undefined;
  /** Why it changed; absent before the first change. */
  reason?: Reason;
  /** Why it is not known yet. The client keeps trying. */
  failure?: AuthError;
}

/**
 * Returns the signed-in user, from page load on and after every change. Create the client once, outside of components:
 *
 * ```ts
 * export const auth = createAuth({ baseUrl: 'https://id.example.com/auth' });
 * ```
 *
 * During server rendering it is not known yet, and `user` is undefined.
 */
export function useAuth<U = User>(auth: Auth<U>): AuthState<U> {
  const [state, setState] = useState<AuthState<U>>({ user: undefined });
  useEffect(() => {
    let isMounted = true;
    const set = (next: AuthState<U>) => isMounted && setState(next);
    const end = auth.onChange((user, reason) => set({ user, reason }));
    auth.ready().then(
      // It may have been known before this component existed. A change in the meantime takes precedence.
      (user) => isMounted && setState((now) => (now.user === user ? now : { user })),
      (failure: AuthError) => set({ user: undefined, failure }),
    );
    return () => {
      isMounted = false;
      end();
    };
  }, [auth]);
  return state;
}
