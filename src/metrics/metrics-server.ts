import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';

/** **Source** Prometheus, exposition formats. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Whoever floods this port must not take the connections that the API needs. */
const MOST_CONNECTIONS = 32;
/** **Unit** milliseconds. */
const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };

/**
 * Serves `GET /metrics` on a port of its own, which the proxy in front of the API does not reach (ASVS 5.0 13.4.5).
 *
 * @returns the address. @throws {SettingsError} if nothing can listen there.
 */
export async function serveMetrics(
  read: () => Promise<string>,
  { metricsHost, metricsPort }: Pick<Options, 'metricsHost' | 'metricsPort'>,
): Promise<{ url: string; server: Server }> {
  let reading: Promise<string> | undefined;
  const server = createServer(TIMEOUTS, (request, answer) => {
    request.resume();
    const isThere = request.url?.split('?')[0] === '/metrics';
    if (!isThere || !['GET', 'HEAD'].includes(request.method ?? '')) {
      answer.writeHead(isThere ? 405 : 404, isThere ? { allow: 'GET, HEAD' } : {}).end();
      return;
    }
    // Several who look at once cost as much as one.
    reading ??= read().finally(() => (reading = undefined));
    reading.then(
      (text) => answer.writeHead(200, { 'content-type': CONTENT_TYPE }).end(text),
      () => answer.writeHead(500).end(),
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  try {
    server.listen(metricsPort, metricsHost);
    await once(server, 'listening');
  } catch (error) {
    throw new SettingsError([`METRICS_PORT: ${error instanceof Error ? error.message : String(error)}`]);
  }
  // The API decides how long the process lives.
  server.unref();
  const { address, family, port } = server.address() as AddressInfo;
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`, server };
}
