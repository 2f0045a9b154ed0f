import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Writes a request to the wire as it is, for what no client library would send, and reads the answer until the server
 * closes.
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
