// A service of its own that accepts access tokens of Tokenjar: verified by their signature at every request, and asked
// about before what cannot be undone. Plain Node, with jose.
import { createServer } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** Where Tokenjar is; `iss` in its tokens; an API key with the permission `introspect`. */
const {
  TOKENJAR_URL = 'http://localhost:3000',
  ISSUER = 'tokenjar',
  INTROSPECTION_KEY,
  PORT = '4000',
} = process.env;

// It fetches the keys when it first needs them, and again when a token names one that it does not know.
const keys = createRemoteJWKSet(new URL(`${TOKENJAR_URL}/.well-known/jwks.json`));

/** A refusal, with the challenge of RFC 6750 §3. */
class Refusal extends Error {
  constructor(status, challenge) {
    super(challenge);
    this.status = status;
    this.challenge = challenge;
  }
}

/** What the token of a request says. */
async function claimsOf(request) {
  const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new Refusal(401, 'Bearer');
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: ISSUER,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'sub'],
    });
    return { token, claims: payload };
  } catch (error) {
    // The keys cannot be fetched: that is not the fault of the token.
    if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout) throw error;
    throw new Refusal(401, 'Bearer error="invalid_token"');
  }
}

function demandScope({ scope = '' }, wanted) {
  if (!scope.split(' ').includes(wanted))
    throw new Refusal(403, `Bearer error="insufficient_scope", scope="${wanted}"`);
}

/** Whether the token is active now: a signature says nothing about what was revoked since. */
async function demandActive(token) {
  const response = await fetch(`${TOKENJAR_URL}/auth/introspect`, {
    method: 'POST',
    headers: { authorization: `Bearer ${INTROSPECTION_KEY}` },
    body: new URLSearchParams({ token }),
  });
  // Whatever else it is, it is no "active".
  if (!response.ok) throw new Error(`introspection answered ${response.status}`);
  const { active } = await response.json();
  if (active !== true) throw new Refusal(401, 'Bearer error="invalid_token"');
}

const ROUTES = {
  async 'GET /orders'({ claims }) {
    demandScope(claims, 'orders:read');
    return { user: claims.sub, orders: [] };
  },
  async 'DELETE /orders'({ token, claims }) {
    demandScope(claims, 'orders:write');
    await demandActive(token);
    return { user: claims.sub, deleted: true };
  },
};

const server = createServer(async (request, response) => {
  const send = (status, body, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const route = ROUTES[`${request.method} ${request.url}`];
  if (!route) return send(404, { error: 'not_found' });
  try {
    send(200, await route(await claimsOf(request)));
  } catch (error) {
    if (error instanceof Refusal) return send(error.status, {}, { 'www-authenticate': error.challenge });
    console.error(error);
    send(503, {}, { 'retry-after': '1' });
  }
});

server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
