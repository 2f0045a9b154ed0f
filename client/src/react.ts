/**
 * Who is signed in, in a React component.
 *
 * @packageDocumentation
 */
import { useEffect, useState } from 'react';
import type { Auth, AuthError, Reason, User } from './index.js';

export interface AuthState<U = User> {
  /** Undefined until that is known. */
  user: U | null | undefined;
  /** Why it changed; absent before it did. */
  reason?: Reason;
  /** Why it is not known yet. The client goes on trying. */
  failure?: AuthError;
}

/**
 * Who is signed in, from page load on and whatever changes it. The client is made once, outside of components:
 *
 * ```ts
 * export const auth = createAuth({ baseUrl: 'https://id.example.com/auth' });
 * ```
 *
 * On a server that renders pages it is not known yet: `user` is undefined there.
 */
export function useAuth<U = User>(auth: Auth<U>): AuthState<U> {
  const [state, setState] = useState<AuthState<U>>({ user: undefined });
  useEffect(() => {
    let isMounted = true;
    const set = (next: AuthState<U>) => isMounted && setState(next);
    const end = auth.onChange((user, reason) => set({ user, reason }));
    auth.ready().then(
      // It may have been known before this component was there. What was told meanwhile says more.
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
