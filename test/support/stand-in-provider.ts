import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the stand-in got. */
export interface AskedOfStandIn {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  form: URLSearchParams;
}

type Reply = { status?: number; json?: unknown; text?: string; headers?: Record<string, string> };
type Replies = (asked: AskedOfStandIn) => Reply | Promise<Reply>;

/** A provider that answers what a test tells it, also what no provider should. */
export interface StandIn {
  url: string;
  asked: AskedOfStandIn[];
  /** By path. */
  replies: Map<string, Replies | Reply>;
  close(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const asked: AskedOfStandIn[] = [];
  const replies: StandIn['replies'] = new Map();
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const found = { method, path: new URL(url, 'http://stand.in').pathname, headers, form };
      asked.push(found);
      const reply = replies.get(found.path) ?? { status: 404, json: {} };
      const {
        status = 200,
        json,
        headers: more = {},
        text = JSON.stringify(json),
      } = typeof reply === 'function' ? await reply(found) : reply;
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...more }).end(text);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    replies,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      // The system releases the port one turn later.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    },
  };
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** An ID token, signed with ES256. */
export function idToken(claims: object, key: KeyObject, header: object = {}): string {
  const signed = `${encode({ alg: 'ES256', kid: 'one', ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** Lets a stand-in be an OpenID provider. @param more further metadata. @param place a path, for several of them. */
export function speakOpenId(
  { url: base, replies }: StandIn,
  key: KeyObject,
  more: object = {},
  place = '',
): void {
  for (const [path, json] of Object.entries(openIdDocuments(base + place, key, more)))
    replies.set(place + path, { json });
}

/** The documents of an OpenID provider, by their paths below its URL. */
export function openIdDocuments(url: string, key: KeyObject, more: object = {}): Record<string, unknown> {
  const { crv, kty, x, y } = key.export({ format: 'jwk' });
  return {
    '/.well-known/openid-configuration': {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      jwks_uri: `${url}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      ...more,
    },
    '/jwks': { keys: [{ crv, kty, x, y, kid: 'one', alg: 'ES256', use: 'sig' }] },
  };
}
