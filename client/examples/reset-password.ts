import { AuthError, createAuth } from '@tokenjar/client';
import { createAccount } from '@tokenjar/client/account';

const account = createAccount(createAuth());

/**
 * The page that the e-mail of a forgotten password leads to, `/reset-password#token=…`. Nothing happens before somebody
 * presses its button: programs that look for viruses open links too.
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
    // A secret that is used up has no place in the history.
    history.replaceState(null, '', location.pathname);
    return 'Your new password is set. You can sign in with it now.';
  } catch (error) {
    if (error instanceof AuthError && error.code === 'link_invalid')
      return 'This link no longer works. Request another email.';
    throw error;
  }
}
