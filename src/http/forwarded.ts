import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { stateOf } from './request-state.js';

/** The client's side of a request, in front of trusted proxies. */
export interface ClientSide {
  /** **Shape** an address that PostgreSQL accepts as `inet`; null if a proxy names none. */
  ip: string | null;
  protocol: 'http' | 'https';
  /** With its port, if any; undefined in HTTP/1.0. */
  host: string | undefined;
  /** The value of X-Forwarded-Port. */
  port?: string | undefined;
}

/** The parts of a request that identify the client, on Fastify and on Express. */
export interface ForwardedRequest {
  headers: IncomingHttpHeaders;
  protocol: string;
  host?: string;
  ip?: string;
  /** Set by frameworks that trust proxies: on Fastify the peer comes first, on Express the client. */
  ips?: string[];
  /** Node's own request, if the framework wraps it. */
  raw?: IncomingMessage;
}

/** What we read of Node's request. */
type Message = Pick<IncomingMessage, 'headers' | 'socket'>;

/** The client's side of a request: by `TRUSTED_PROXIES` if set, otherwise as seen by the host's framework. */
export function clientSideOf(request: ForwardedRequest): ClientSide {
  const trustedProxies = stateOf(request).served?.options.trustedProxies ?? [];
  return trustedProxies.length > 0
    ? clientSideThrough(trustedProxies, messageOf(request))
    : clientSideByFramework(request);
}

/**
 * The client's side of a request behind trusted proxies.
 *
 * Each proxy appends the address of its peer to X-Forwarded-For, so the list is trusted from its end for as long as the
 * entries belong to trusted proxies. Anything before that was sent by the client.
 *
 * If X-Forwarded-Proto and X-Forwarded-Host have as many values as there are addresses, the same proxies appended to
 * them, and the value at the position of the client's address counts. Otherwise the first host counts, because proxies
 * that pass on or replace the header keep the client's there; and https counts if any value is https. That is the safer
 * choice for a cookie: a client that sent `http` itself would get a session that needs no protected cookie, which it
 * could plant in somebody else's browser.
 */
export function clientSideThrough(
  trustedProxies: readonly string[],
  { headers, socket }: Message,
): ClientSide {
  const isTrusted = trustIn(trustedProxies);
  const peer = addressOf(socket.remoteAddress);
  const direct = { ip: peer, protocol: protocolOf(socket), host: headers.host };
  if (peer === null || !isTrusted(peer)) return direct;
  const nodes = listIn(headers['x-forwarded-for']);
  let ip: string | null = peer;
  let believed = 0;
  while (believed < nodes.length && ip !== null && isTrusted(ip))
    ip = addressOf(nodes[nodes.length - ++believed]);
  return { ip, ...forwardedIn(headers, nodes.length, believed, direct) };
}

/** The protocol that {@link clientSideThrough} finds, without looking at addresses where no proxy is trusted. */
export const protocolThrough = (
  trustedProxies: readonly string[],
  message: Message,
): ClientSide['protocol'] =>
  trustedProxies.length > 0
    ? clientSideThrough(trustedProxies, message).protocol
    : protocolOf(message.socket);

/** Whether the peer of the connection is one of these proxies. */
export const isPeerAmong = (
  trustedProxies: readonly string[],
  { socket }: Pick<Message, 'socket'>,
): boolean => trustedProxies.length > 0 && isTrustedAddress(trustedProxies, socket.remoteAddress);

/** Whether an address, or a node of X-Forwarded-For, is one of these proxies. */
export function isTrustedAddress(trustedProxies: readonly string[], node: string | undefined): boolean {
  const address = addressOf(node);
  return address !== null && trustIn(trustedProxies)(address);
}

/**
 * The address in a node of X-Forwarded-For, or reported by a framework, without port, brackets, quotes and zone; null
 * if it is unknown, obfuscated or missing. Connections over a Unix socket, as reported by nginx, come from this
 * machine.
 *
 * **Source** RFC 7239 §6; Azure adds the port.
 */
export function addressOf(node: string | undefined): string | null {
  const text = node?.trim().replace(/^"(.*)"$/, '$1') ?? '';
  if (text.startsWith('unix:')) return '127.0.0.1';
  const [, bracketed, dotted] =
    /^(?:\[([^\]]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::(?:\d{1,5}|_[\w.-]+))?$/.exec(text) ?? [];
  const address = (bracketed ?? dotted ?? text).replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(address) ? address : null;
}

const messageOf = (request: ForwardedRequest): Message =>
  request.raw ?? (request as unknown as IncomingMessage);
const protocolOf = (socket: Message['socket']): 'http' | 'https' =>
  (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';

const listIn = (header: string | string[] | undefined): string[] =>
  header === undefined
    ? []
    : String(header)
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean);

/** @param believed the number of addresses written by trusted proxies. */
function forwardedIn(
  headers: IncomingHttpHeaders,
  addresses: number,
  believed: number,
  direct: Pick<ClientSide, 'protocol' | 'host'>,
): Pick<ClientSide, 'protocol' | 'host' | 'port'> {
  const ofClient = (header: string | string[] | undefined, safest?: RegExp): string => {
    const values = listIn(header);
    const isBeside = believed > 0 && values.length === addresses;
    const first = values.find((value) => safest?.test(value)) ?? values[0];
    return (isBeside ? values[addresses - believed] : first)?.replace(/^"(.*)"$/, '$1') ?? '';
  };
  const protocol = ofClient(headers['x-forwarded-proto'], /^"?(https|wss)"?$/i).toLowerCase();
  const host = ofClient(headers['x-forwarded-host']);
  const port = ofClient(headers['x-forwarded-port']);
  return {
    protocol: /^(https|wss)$/.test(protocol)
      ? 'https'
      : /^(http|ws)$/.test(protocol)
        ? 'http'
        : direct.protocol,
    host: isHost(host) ? host : direct.host,
    ...(/^\d{1,5}$/.test(port) && { port }),
  };
}

const isHost = (text: string): boolean =>
  text.length <= 261 && /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(text);

/** A host decides itself which proxies it trusts, but may not know their formats. */
function clientSideByFramework(request: ForwardedRequest): ClientSide {
  const { headers } = request;
  const direct = {
    protocol: request.protocol === 'https' ? ('https' as const) : ('http' as const),
    host: request.host ?? headers.host,
  };
  const ip = addressOf(request.ip);
  // Fastify includes the peer in the addresses. Express takes the first value of each header.
  if (request.raw === undefined || request.ips === undefined) return { ip, ...direct };
  const isAsked = headers['x-forwarded-proto'] !== undefined || headers['x-forwarded-host'] !== undefined;
  if (!isAsked || !isPeerTrustedByFastify(request)) return { ip, ...direct };
  const addresses = listIn(headers['x-forwarded-for']).length;
  const own = { protocol: protocolOf(messageOf(request).socket), host: headers.host };
  return { ip, ...forwardedIn(headers, addresses, request.ips.length - 1, own) };
}

/** Fastify does not report whether it trusts the peer, but it only lists more addresses if it does. */
function isPeerTrustedByFastify(request: ForwardedRequest): boolean {
  const { socket } = messageOf(request);
  const raw = { socket, headers: { 'x-forwarded-for': '192.0.2.1' } };
  const asked = Object.create(request, { raw: { value: raw } }) as ForwardedRequest;
  return (asked.ips?.length ?? 0) > 1;
}

type Trust = (address: string) => boolean;
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};
const trusts = new WeakMap<readonly string[], Trust>();
/** There are few proxies; a list of them is needed for every request. */
const MOST_REMEMBERED = 1000;

function trustIn(trustedProxies: readonly string[]): Trust {
  const known = trusts.get(trustedProxies);
  if (known) return known;
  const list = new BlockList();
  for (const range of trustedProxies.flatMap((name) => RANGES[name] ?? [name])) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const remembered = new Map<string, boolean>();
  const trust = (address: string): boolean => {
    const before = remembered.get(address);
    if (before !== undefined) return before;
    const answer = list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(address, answer);
    return answer;
  };
  trusts.set(trustedProxies, trust);
  return trust;
}
