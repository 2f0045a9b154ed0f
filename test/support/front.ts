import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './server-process.js';

/** A request that passed through, and its response. */
export interface Exchange {
  method: string;
  host: string;
  path: string;
  cookie: string | undefined;
  origin: string | undefined;
  status: number;
  setCookie: string[];
}

/** A front server, like a proxy in production; it serves pages of its own, and can use https. */
export interface Front {
  port: number;
  exchanges: Exchange[];
  close(): Promise<void>;
}

export interface FrontSettings {
  /** With a certificate of the tests, for `*.test` and loopback. */
  isSecure?: boolean;
  /** Pages of its own, by path. */
  files?: Record<string, { type: string; body: string | Buffer }>;
  /** The one path whose requests are passed on, such as `/accounts`, and whether it is taken away from them. */
  mount?: { path: string; isStripped: boolean };
  /** What becomes of a request; undefined for nothing unusual. */
  fault?: (incoming: IncomingMessage) => Fault | undefined;
}

/** The server has done its work, and the connection breaks before its answer; or this status instead of the server. */
export type Fault = 'lost' | 500 | 503;

/** An empty page, and the built client for it to import. */
export async function clientFiles(): Promise<NonNullable<FrontSettings['files']>> {
  return {
    '/blank': { type: 'text/html', body: '<!doctype html><html lang="en"><title>Blank</title>' },
    '/client.js': {
      type: 'text/javascript',
      body: await readFile(join(ROOT, 'client/dist/index.js')),
    },
  };
}

/** @param target where it passes requests on to; a function where that is known later only. */
export async function startFront(
  target: string | (() => string),
  { isSecure = false, files = {}, mount, fault = () => undefined }: FrontSettings = {},
): Promise<Front> {
  const exchanges: Exchange[] = [];
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const path = incoming.url ?? '/';
    const file = files[path.split('?')[0] ?? ''];
    if (file) return outgoing.writeHead(200, { 'content-type': file.type }).end(file.body);
    if (mount && path !== mount.path && !path.startsWith(`${mount.path}/`))
      return outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('Another app.');
    const trouble = fault(incoming);
    if (typeof trouble === 'number') return outgoing.writeHead(trouble).end();
    const passed = mount?.isStripped ? path.slice(mount.path.length) || '/' : path;
    const forwarded = request((typeof target === 'string' ? target : target()) + passed, {
      method: incoming.method,
      headers: {
        ...incoming.headers,
        ...(mount && { host: 'inside.test', 'x-forwarded-host': incoming.headers.host }),
        'x-forwarded-proto': isSecure ? 'https' : 'http',
        'x-forwarded-for': '127.0.0.1',
      },
    });
    forwarded.on('response', (answer) => {
      exchanges.push({
        method: incoming.method ?? '',
        host: incoming.headers.host ?? '',
        path,
        cookie: incoming.headers.cookie,
        origin: incoming.headers.origin,
        status: answer.statusCode ?? 0,
        setCookie: answer.headers['set-cookie'] ?? [],
      });
      if (trouble === 'lost') return answer.resume().on('end', () => incoming.socket.destroy());
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  };
  const tls = async (name: string) => readFile(join(ROOT, 'test/support/tls', name));
  const server = isSecure
    ? createHttpsServer({ key: await tls('key.pem'), cert: await tls('cert.pem') }, handle)
    : createHttpServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
