import { type PendingLogin, pendingLogin } from '@tokenjar/client/factors';

/** Signs in. If a step is missing, that is no failure. */
export async function orPending(
  goOn: (pending: PendingLogin) => void,
  signIn: () => Promise<unknown>,
): Promise<void> {
  try {
    await signIn();
  } catch (error) {
    const pending = pendingLogin(error);
    if (!pending) throw error;
    goOn(pending);
  }
}
