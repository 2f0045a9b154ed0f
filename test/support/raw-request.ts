import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends a request byte by byte, for requests that no client library would send, and reads the response until the server
 * closes the connection.
 */
export async function rawRequest(
  url: string,
  head: string[],
  body = '',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write([...head, 'Connection: close', '', body].join('\r\n'));
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}
