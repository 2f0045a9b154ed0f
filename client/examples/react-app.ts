import { type Auth, createAuth } from '@tokenjar/client';
import { useAuth } from '@tokenjar/client/react';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

// Once for the page, outside of components.
const auth = createAuth();

function App({ auth }: { auth: Auth }) {
  const { user, reason, failure } = useAuth(auth);
  if (failure) return createElement('p', null, 'The server cannot be reached. Trying again…');
  if (user === undefined) return createElement('p', null, 'One moment…');
  if (user === null)
    return createElement(
      'p',
      null,
      reason === 'expired' || reason === 'unproven' ? 'Your session has ended.' : 'Nobody is signed in.',
    );
  return createElement('p', null, `Hello, ${user.email}`);
}

const root = document.getElementById('root');
if (root) createRoot(root).render(createElement(App, { auth }));
