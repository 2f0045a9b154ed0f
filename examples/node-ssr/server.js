// A site whose server renders the pages and signs users in and out. Plain Node, without scripts in the page.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Unknown, Visit } from './visit.js';

/** Escapes what stands in `${}`, except for what `html` has made. */
function html(parts, ...values) {
  const escaped = (value) =>
    typeof value === 'object'
      ? value.html
      : String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const of = (value) => (Array.isArray(value) ? value.map(escaped).join('') : escaped(value ?? ''));
  return { html: String.raw({ raw: parts }, ...values.map(of)) };
}

/** Two parts that do not know of each other, rendered at the same time: both ask who is signed in. */
async function page(visit, content) {
  const [head, main] = await Promise.all([header(visit), content(visit)]);
  return html`<!doctype html>
    <html lang="en">
      <title>Orders</title
      >${head}
      <main>${main}</main>
    </html>`;
}

async function header(visit) {
  const user = await visit.user();
  if (user === null) return html`<a href="/sign-in">Sign in</a>`;
  return html`<form method="post" action="/sign-out">
    Signed in as ${user.email} <button>Sign out</button>
  </form>`;
}

async function sessions(visit) {
  // What is shown to signed-in users only has to ask itself.
  if ((await visit.user()) === null) throw new Elsewhere('/sign-in');
  const list = await visit.get('/auth/sessions');
  return html`<ul>
    ${list.map(({ device }) => html`<li>${device ?? 'Unknown device'}</li>`)}
  </ul>`;
}

const signInForm = (code) => async () =>
  html`<form method="post" action="/sign-in">
    <input name="email" type="email" autocomplete="username" aria-label="Email" required />
    <input name="password" type="password" autocomplete="current-password" aria-label="Password" required />
    <button>Sign in</button>${code && html`<p role="alert">${code}</p>`}
  </form>`;

/** A redirect, instead of a page. */
class Elsewhere extends Error {
  constructor(path) {
    super(path);
    this.path = path;
  }
}

const ROUTES = {
  'GET /': (visit) => page(visit, async () => html`<a href="/sessions">Your sessions</a>`),
  'GET /sessions': (visit) => page(visit, sessions),
  'GET /sign-in': (visit) => page(visit, signInForm()),
  async 'POST /sign-in'(visit, request) {
    const form = new URLSearchParams(await text(request));
    const code = await visit.signIn(form.get('email'), form.get('password'));
    if (code === undefined) throw new Elsewhere('/sessions');
    return page(visit, signInForm(code));
  },
  async 'POST /sign-out'(visit) {
    const code = await visit.signOut();
    // Refused to a form of another site, or not reached: the user is still signed in, and should know.
    if (code !== undefined) return html`<p role="alert">You are still signed in: ${code}</p>`;
    throw new Elsewhere('/');
  },
};

const server = createServer(async (request, response) => {
  const visit = new Visit(request, response);
  const send = (status, headers, body) =>
    response
      .writeHead(status, {
        // Pages of one user are nobody else's, and not to be found by the back button after a sign-out.
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
        // Also with a redirect, and with an error.
        'set-cookie': visit.setCookies,
        ...headers,
      })
      .end(body);
  try {
    const route = ROUTES[`${request.method} ${new URL(request.url, 'http://x').pathname}`];
    if (!route) return send(404, {}, 'Not found');
    const { html: body } = await route(visit, request);
    send(200, {}, body);
  } catch (error) {
    if (error instanceof Elsewhere) return send(303, { location: error.path });
    // The browser has left.
    if (response.destroyed) return;
    if (error instanceof Unknown) {
      // Not the page of somebody who is signed out. The browser opens it again by itself.
      const again = request.method === 'GET' && { refresh: error.retryAfter };
      return send(503, { 'retry-after': error.retryAfter, ...again }, 'One moment, please.');
    }
    console.error(error);
    send(500, {}, 'Something went wrong.');
  }
});

server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
