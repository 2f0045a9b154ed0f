import { useAuth } from '@tokenjar/client/react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { auth } from './auth.js';
import { Sessions } from './sessions.js';
import { SignIn } from './sign-in.js';

export function App() {
  const page = usePage();
  return (
    <>
      <nav>
        <a href="#/">Home</a> <a href="#/sessions">Your sessions</a>
      </nav>
      {page === '#/sessions' ? (
        <Protected>
          <Sessions />
        </Protected>
      ) : (
        <h1>Home, which everybody sees</h1>
      )}
    </>
  );
}

/**
 * Shows its children to a signed-in user, and a sign-in form to everybody else. After a sign-out, or when the session has
 * ended, here or in another tab, the form is back at once.
 */
function Protected({ children }: { children: ReactNode }) {
  const { user, reason, failure } = useAuth(auth);
  // Neither signed in nor signed out: a form here would flash at every reload, and sign nobody in while offline.
  // But not while the browser cannot show the key of a bound session: that may be for good.
  const isUnproven = reason === 'unproven' || failure?.code === 'device_proof_required';
  if (user === undefined && !isUnproven)
    return <p>{failure ? 'No connection. Trying again…' : 'One moment…'}</p>;
  if (!user)
    return (
      <>
        {(reason === 'expired' || isUnproven) && <p role="status">Please sign in again.</p>}
        <SignIn />
      </>
    );
  return (
    <>
      <p>
        Signed in as {user.email} <SignOut />
      </p>
      {children}
    </>
  );
}

function SignOut() {
  // Without a connection the user is still signed in, and should know.
  const signOut = () => auth.logout().catch(() => alert('You are still signed in: there is no connection.'));
  return <button onClick={() => void signOut()}>Sign out</button>;
}

/** The page in the address bar. A router does the same with its own routes. */
const usePage = () =>
  useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed);
      return () => removeEventListener('hashchange', changed);
    },
    () => location.hash,
  );
