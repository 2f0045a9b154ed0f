import { createAuth } from '@tokenjar/client';
import { createFactors, type PendingLogin, pendingLogin, supportsAutofill } from '@tokenjar/client/factors';
import { withStepUp } from '@tokenjar/client/step-up';

/** What your app shows; each resolves with what the user entered. */
declare const ui: {
  askForCode: (pending: PendingLogin) => Promise<string>;
  confirmIdentity: () => Promise<{ password: string } | { code: string }>;
  showQrCode: (uri: string, secret: string) => Promise<string>;
  showOnce: (recoveryCodes: string[]) => void;
};

// Once for the page. Whatever demands a recent sign-in asks for it, and then goes on by itself.
export const auth = withStepUp(createAuth(), confirm);
const factors = createFactors(auth);

async function confirm(): Promise<void> {
  const proof = await ui.confirmIdentity();
  await factors.reauthenticate(
    'code' in proof ? { method: 'totp', ...proof } : { method: 'password', ...proof },
  );
}

/** Signs in, with a code of an authenticator app if the account asks for one. */
export async function signIn(email: string, password: string, remember: boolean): Promise<void> {
  try {
    await auth.login({ email, password, remember });
  } catch (error) {
    const pending = pendingLogin(error);
    if (!pending?.methods.includes('totp')) throw error;
    await factors.verify({ method: 'totp', code: await ui.askForCode(pending) }, pending);
  }
}

/**
 * Offers passkeys in the autofill of a field with `autocomplete="username webauthn"`.
 *
 * @param signal aborts it when the form goes.
 */
export async function offerPasskeys(signal: AbortSignal): Promise<void> {
  if (await supportsAutofill()) await factors.signInWithPasskey({ mediation: 'conditional', signal });
}

/** Adds an authenticator app. */
export async function addApp(): Promise<void> {
  const { uri, secret } = await factors.addTotp();
  const { recovery_codes } = await factors.confirmTotp({ code: await ui.showQrCode(uri, secret) });
  if (recovery_codes) ui.showOnce(recovery_codes);
}

/** Adds a passkey. */
export async function addPasskey(name: string): Promise<void> {
  const { recovery_codes } = await factors.addPasskey({ name });
  if (recovery_codes) ui.showOnce(recovery_codes);
}

/** Removes a factor, and tells the browser which passkeys are left. */
export async function remove(id: string): Promise<void> {
  await factors.remove(id);
  await factors.syncPasskeys();
}
