import { readLeniently } from '../config/env.js';

/** **Unit** milliseconds. */
const LONGEST = 4000;
/** What listens on every address is asked on this machine. */
const EVERY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

/** Asks the server on this machine whether it is ready. */
export async function health(): Promise<{ isReady: boolean; text: string }> {
  const { host, port } = readLeniently().options;
  const name = EVERY[host] ?? (host.includes(':') ? `[${host}]` : host);
  const url = `http://${name}:${port}/health/ready`;
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(LONGEST) });
    return status === 200
      ? { isReady: true, text: 'The server is ready.' }
      : { isReady: false, text: `The server is not ready: ${url} answers ${status}.` };
  } catch (error) {
    const { cause, message } = error as Error;
    return {
      isReady: false,
      text: `The server cannot be reached at ${url}: ${cause instanceof Error ? cause.message || cause.name : message}`,
    };
  }
}
