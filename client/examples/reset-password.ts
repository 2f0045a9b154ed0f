import { AuthError, createAuth } from '@tokenjar/client';
import { createAccount } from '@tokenjar/client/account';

const account = createAccount(createAuth());

/**
 * The page that the link in a password reset email opens, `/reset-password#token=…`. Nothing happens until the user
 * presses the button, because mail scanners open links too.
 */
export async function setPassword(password: string): Promise<string> {
  const secrets = new URLSearchParams(location.hash.slice(1));
  const token = secrets.get('token') ?? '';
  try {
    await account.confirmPasswordReset({
      token,
      uid: secrets.get('uid') ?? undefined,
      new_password: password,
    });
    // Remove the used secret from the history.
    history.replaceState(null, '', location.pathname);
    return 'Your new password is set. You can sign in with it now.';
  } catch (error) {
    if (error instanceof AuthError && error.code === 'link_invalid')
      return 'This link no longer works. Request another email.';
    throw error;
  }
}
