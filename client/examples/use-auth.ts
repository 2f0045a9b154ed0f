import { type Auth, AuthError, type Reason, type User } from '@tokenjar/client';
import { useEffect, useState } from 'react';

export interface AuthState {
  /** Undefined until that is known. */
  user: User | null | undefined;
  /** Why it changed; absent before it did. */
  reason?: Reason;
  /** Why it is not known yet. The client goes on trying. */
  failure?: AuthError;
}

/**
 * Who is signed in, in a React component. `auth` is made once, outside of components:
 *
 * ```ts
 * export const auth = createAuth({ baseUrl: 'https://id.example.com/auth' });
 * ```
 */
export function useAuth(auth: Auth): AuthState {
  const [state, setState] = useState<AuthState>({ user: undefined });
  useEffect(() => {
    let isMounted = true;
    const set = (next: AuthState) => isMounted && setState(next);
    const end = auth.onChange((user, reason) => set({ user, reason }));
    auth.ready().then(
      // It may have been known before this component was there.
      (user) => set({ user }),
      (failure: AuthError) => set({ user: undefined, failure }),
    );
    return () => {
      isMounted = false;
      end();
    };
  }, [auth]);
  return state;
}
