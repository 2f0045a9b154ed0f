// The reference server: the minimum that a correct rotating refresh has to do, with node:http, node:crypto and pg only.
// It verifies a signature, updates one row if it still matches the token, with one statement and one commit a request,
// signs the refresh token with HS256 and the access token with ALGORITHM (ES256 or HS256), and sets the cookie. It is not
// a product: it validates nothing and detects no thief.
//   DATABASE_URL=… ALGORITHM=ES256 WEB_CONCURRENCY=2 node bench/limit/server.mjs
import cluster from 'node:cluster';
import {
  createHmac,
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign as signWith,
  timingSafeEqual,
} from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const REFRESH_SECONDS = 14 * 86_400;
const ACCESS_SECONDS = 600;
const { ALGORITHM = 'ES256' } = process.env;
const ROTATE = {
  name: 'rotate',
  text: `UPDATE limit_sessions SET generation = generation + 1, expires_at = now() + interval '14 days'
    WHERE id = $1 AND generation = $2 RETURNING user_id`,
};

if (cluster.isPrimary) runWorkers();
else serve();

function runWorkers() {
  const count = Number(process.env.WEB_CONCURRENCY ?? 2);
  const secret = randomBytes(32).toString('base64');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const workers = Array.from({ length: count }, () =>
    cluster.fork({ LIMIT_SECRET: secret, LIMIT_PRIVATE_KEY: pem }),
  );
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    if (++listening === count) console.log(`listens on http://127.0.0.1:${port}`);
  });
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit(0);
  });
}

function serve() {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  const key = createSecretKey(Buffer.from(process.env.LIMIT_SECRET, 'base64'));
  const start = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.`;
  const mac = (text) => createHmac('sha256', key).update(text).digest('base64url');
  const privateKey = createPrivateKey(process.env.LIMIT_PRIVATE_KEY);
  const signature = (text) =>
    signWith('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
  const signed = (head, claims, signatureOf) => {
    const text = head + Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${text}.${signatureOf(text)}`;
  };
  const refreshToken = (claims) => signed(start, claims, mac);
  const accessStart = `${Buffer.from(`{"alg":"${ALGORITHM}","typ":"JWT"}`).toString('base64url')}.`;
  const accessToken = (claims) => signed(accessStart, claims, ALGORITHM === 'HS256' ? mac : signature);
  const read = (token) => {
    const end = token.lastIndexOf('.');
    const [given, right] = [Buffer.from(token.slice(end + 1)), Buffer.from(mac(token.slice(0, end)))];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const claims = JSON.parse(Buffer.from(token.slice(start.length, end), 'base64url').toString());
    return claims.exp * 1000 > Date.now() ? claims : undefined;
  };
  const answer = (response, status, body, cookie) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(cookie && { 'set-cookie': cookie }),
    });
    response.end(JSON.stringify(body));
  };
  const giveTokens = (response, sid, sub, gen) => {
    const iat = Math.floor(Date.now() / 1000);
    const refresh = refreshToken({ sid, sub, gen, iat, exp: iat + REFRESH_SECONDS });
    const cookie = `refresh_token=${refresh}; Max-Age=${REFRESH_SECONDS}; Path=/; HttpOnly; SameSite=Strict`;
    const access_token = accessToken({ sub, sid, iat, exp: iat + ACCESS_SECONDS });
    answer(response, 200, { access_token }, cookie);
  };

  const routes = {
    async '/auth/login'(_, response) {
      const sid = randomUUID();
      await pool.query(`INSERT INTO limit_sessions VALUES ($1, 1, 1, now() + interval '14 days')`, [sid]);
      giveTokens(response, sid, 1, 1);
    },
    async '/auth/token/refresh'(request, response) {
      const claims = read(/refresh_token=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
      if (!claims) return answer(response, 401, {});
      const { rows } = await pool.query({ ...ROTATE, values: [claims.sid, claims.gen] });
      if (!rows[0]) return answer(response, 401, {});
      giveTokens(response, claims.sid, rows[0].user_id, claims.gen + 1);
    },
  };
  createServer((request, response) => {
    request.resume();
    const route = routes[request.url] ?? (() => answer(response, 404, {}));
    Promise.resolve(route(request, response)).catch((error) =>
      answer(response, 500, { error: error.message }),
    );
  }).listen(0, '127.0.0.1');
}
