import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { corsHeadersFor } from '../http/cors.js';

/** Formats errors that have a socket but no request. */
export interface RawRefusals {
  word(thrown: unknown): { status: number; contentType: string; body: string };
}

/** Node's error for a request that it could not parse. */
interface ParserError extends NodeJS.ErrnoException {
  /** The last bytes received. */
  rawPacket?: unknown;
}

/** Sends the error for a request that Node's parser refused, directly to the socket. */
export function refuseRaw(
  refusals: RawRefusals,
  error: ParserError,
  socket: Socket,
  options: Pick<Options, 'trustedOrigins'>,
  note: (status: number) => void = () => undefined,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'request_malformed';
  const { status, contentType, body } = refusals.word(new TokenjarError(code));
  note(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    ...Object.entries(corsHeadersFor(options, originIn(error))).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The origin of a request that Node could not parse, if the part received contains one. */
const originIn = ({ rawPacket }: ParserError): string | undefined =>
  /\r\norigin:[ \t]*([^\r\n]{1,300}?)[ \t]*\r\n/i.exec(
    rawPacket instanceof Buffer ? rawPacket.toString('latin1') : '',
  )?.[1];
