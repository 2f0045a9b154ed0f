// The reference for guarded requests: plain Fastify that verifies the signature of the same token with node:crypto.
//   PUBLIC_JWK='{…}' ALGORITHM=ES256 node bench/limit/guarded.mjs      (or SECRET in base64 for HS256)
import cluster from 'node:cluster';
import { createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify } from 'node:crypto';
import fastify from 'fastify';

const { ALGORITHM, PUBLIC_JWK, SECRET, WEB_CONCURRENCY = '2' } = process.env;

if (cluster.isPrimary) runWorkers(Number(WEB_CONCURRENCY));
else await serve();

function runWorkers(count) {
  const workers = Array.from({ length: count }, () => cluster.fork());
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    if (++listening === count) console.log(`listens on http://127.0.0.1:${port}`);
  });
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit(0);
  });
}

function checker() {
  if (ALGORITHM === 'HS256') {
    const key = createSecretKey(Buffer.from(SECRET, 'base64'));
    return (text, signature) =>
      timingSafeEqual(createHmac('sha256', key).update(text).digest(), Buffer.from(signature, 'base64url'));
  }
  const key = createPublicKey({ key: JSON.parse(PUBLIC_JWK), format: 'jwk' });
  return (text, signature) =>
    verify(
      'sha256',
      Buffer.from(text),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
}

async function serve() {
  const isGood = checker();
  const app = fastify();
  app.addHook('onRequest', (request, reply, done) => {
    const token = (request.headers.authorization ?? '').slice('Bearer '.length);
    const end = token.lastIndexOf('.');
    if (end < 0 || !isGood(token.slice(0, end), token.slice(end + 1))) return void reply.code(401).send({});
    const claims = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString());
    if (claims.exp * 1000 <= Date.now()) return void reply.code(401).send({});
    request.claims = claims;
    done();
  });
  app.get('/auth/session', (request) => ({
    user_id: Number(request.claims.sub),
    session_id: request.claims.sid,
    roles: request.claims.roles,
    expires_at: new Date(request.claims.exp * 1000).toISOString(),
  }));
  await app.listen({ port: 0, host: '127.0.0.1' });
}
