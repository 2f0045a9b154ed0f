import { createAuth, type AuthError, type Reason, type User } from '@tokenjar/client';
import { readonly, shallowRef } from 'vue';

/** The one client of the page. The access token stays in it, and nowhere else. */
export const auth = createAuth();

/** Undefined until it is known; null for nobody. */
const user = shallowRef<User | null>();
/** Why it changed; undefined before the first change. */
const reason = shallowRef<Reason>();
/** Why it is not known yet. The client keeps trying. */
const failure = shallowRef<AuthError>();

// All components show the same user, so one subscription for the page is enough, and it is never ended.
auth.onChange((next, why) => {
  user.value = next;
  reason.value = why;
  failure.value = undefined;
});
auth.ready().then(
  (found) => (user.value ??= found),
  (error: AuthError) => (failure.value = error),
);

/** The signed-in user, from page load on and after every change, here and in other tabs. */
export const useAuth = () => ({
  user: readonly(user),
  reason: readonly(reason),
  failure: readonly(failure),
});
