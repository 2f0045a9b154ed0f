import { setTimeout as wait } from 'node:timers/promises';
import type { Options } from '../../config/options.js';
import { connectionBeside } from '../../database/data-source.js';
import { TimedClient } from '../../database/timed-client.js';
import { isTrustedAddress } from '../../http/forwarded.js';
import { describeFailure } from '../../mail/failure.js';
import { type Finding, Findings } from './finding.js';
import { type Answer, nonce, send } from './probe-request.js';

/** An address that no client has. **Source** RFC 5737. */
const CLAIMED = '192.0.2.77';
const PRIVATE = ['loopback', 'linklocal', 'uniquelocal'];
const PROXY_DOCS = 'docs/operations.md#behind-a-proxy';

/**
 * Sends requests to the public address of the server, and compares what it sees with what was sent: scheme, host, and
 * the address of the client, which is read from the audit trail of a sign-in that fails.
 */
export async function checkProxy(address: string, options: Options): Promise<Finding[]> {
  const findings = new Findings('proxy');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    findings.error(
      `${address}: is not an address like https://auth.example.com`,
      'Give the address that browsers use.',
    );
    return findings.all;
  }
  try {
    if (await answers(url, findings)) {
      await checkScheme(url, options, findings);
      await checkHost(url, options, findings);
      await checkClient(url, options, findings);
    }
  } catch (error) {
    findings.error(
      `${url.origin} cannot be reached: ${describeFailure(error)}`,
      'Start the server and the proxy, and give the address that browsers use.',
    );
  }
  return findings.all;
}

async function answers(url: URL, findings: Findings): Promise<boolean> {
  const { status, body } = await send('GET', below(url, 'health/live'));
  if (status === 200 && body.includes('"ok"')) return true;
  findings.error(
    `${url.origin}${url.pathname}: something else than Tokenjar answers there (${status} at health/live)`,
    'Give the address of Tokenjar itself, with its path, and let the proxy pass /health on.',
  );
  return false;
}

/** Responses have Strict-Transport-Security where the server sees https. */
async function checkScheme(url: URL, options: Options, findings: Findings): Promise<void> {
  if (url.protocol !== 'https:') {
    if (options.production && options.publicUrl?.startsWith('https:'))
      findings.warning(`${url.origin} also answers over http`, 'Let the proxy redirect to https.');
    return;
  }
  const { headers } = await send('GET', below(url, 'health/live'));
  if (headers['strict-transport-security'] === undefined)
    findings.error(
      `${url.origin}: the server does not see that browsers speak https, so cookies may not be Secure`,
      `Let the proxy set X-Forwarded-Proto, and name it in TRUSTED_PROXIES (${PROXY_DOCS}).`,
    );
}

async function checkHost(url: URL, options: Options, findings: Findings): Promise<void> {
  const refresh = (headers: Record<string, string>): Promise<Answer> =>
    send(
      'POST',
      api(url, options, 'token/refresh'),
      { ...headers, 'content-type': 'application/json' },
      '{}',
    );
  if ((await refresh({ origin: url.origin })).status === 403)
    findings.error(
      `${url.origin}: the server does not know that this is its own address, so it refuses its own pages`,
      `Let the proxy pass Host on, or set X-Forwarded-Host and name the proxy in TRUSTED_PROXIES; or set PUBLIC_URL (${PROXY_DOCS}).`,
    );
  const host = `${nonce()}.doctor.invalid`;
  const forged = await refresh({
    origin: `https://${host}`,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'https',
  });
  if (forged.status !== 403)
    findings.error(
      `${url.origin}: clients choose the host that the server sees: the proxy passes their X-Forwarded-Host on`,
      `Let the proxy set or remove X-Forwarded-Host and X-Forwarded-Proto (${PROXY_DOCS}).`,
    );
}

async function checkClient(url: URL, options: Options, findings: Findings): Promise<void> {
  const { databaseUrl } = options;
  if (databaseUrl === undefined) return;
  const agent = `tokenjar-doctor/${nonce()}`;
  const name = `${nonce()}@doctor.invalid`;
  const { from } = await send(
    'POST',
    api(url, options, 'login'),
    { 'user-agent': agent, 'x-forwarded-for': CLAIMED, 'content-type': 'application/json' },
    JSON.stringify({
      [options.signInWith === 'username' ? 'username' : 'email']: name,
      password: nonce(),
    }),
  );
  const seen = await addressInTrail(databaseUrl, agent);
  if (seen === undefined)
    findings.warning(
      `${url.origin}: the sign-in of this check is not in the audit trail of the database`,
      'Run doctor with the settings of the server that answers there, and again if attempts were limited.',
    );
  else if (seen === CLAIMED)
    findings.error(
      `${url.origin}: clients choose the address that the server sees, and so evade all limits: the proxy passes their X-Forwarded-For on, or TRUSTED_PROXIES names too much`,
      `Let the first proxy set X-Forwarded-For itself (${PROXY_DOCS}).`,
    );
  else if (seen !== from && isTrustedAddress(PRIVATE, seen))
    findings.error(
      `${url.origin}: the server sees the address ${seen} and not that of the client (${from ?? 'unknown'}), so all clients share their limits`,
      `Let the proxy set X-Forwarded-For, and name it in TRUSTED_PROXIES (${PROXY_DOCS}).`,
    );
}

/** The record is written before the response, but a replica may be behind. */
async function addressInTrail(databaseUrl: string, agent: string): Promise<string | undefined> {
  const client = new TimedClient(connectionBeside(databaseUrl, 'tokenjar doctor'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      const { rows } = await client.query<{ ip: string | null }>(
        'SELECT host(ip) AS ip FROM tokenjar.audit_events WHERE user_agent = $1 ORDER BY id DESC LIMIT 1',
        [agent],
      );
      if (rows[0]) return rows[0].ip ?? '';
      await wait(200);
    }
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const below = (url: URL, path: string): URL => new URL(`${url.pathname.replace(/\/$/, '')}/${path}`, url);

/** In the Django dialects, paths end in a slash. */
const api = (url: URL, { pathPrefix, dialect }: Options, path: string): URL =>
  below(url, `${pathPrefix}/${path}${dialect.startsWith('django') ? '/' : ''}`.replace(/^\//, ''));
