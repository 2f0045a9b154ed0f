import { TokenjarError } from '../errors.js';

/** Sends requests to providers. */
export type Egress = (url: string, init: RequestInit) => Promise<Response>;

/** How many requests one provider gets at once, per process. */
const MOST_AT_ONCE = 50;
/** Of an answer, unpacked: what providers say has a few kilobytes. **Unit** bytes. */
const MOST_BYTES = 256 * 1024;

/**
 * The requests to one provider. A slow one holds up nobody but those who want to sign in with it, and only as many as
 * there may be at once; the others are refused at once. No answer takes more memory than an honest one could.
 */
export class ProviderRequests {
  private inFlight = 0;

  constructor(private readonly egress: Egress) {}

  /**
   * Sends one. The answer is whole when it is returned. **Errors** `provider_unavailable`, and those of the egress, such as
   * the reason of an aborted signal.
   */
  async send(url: string, init: RequestInit): Promise<Response> {
    if (this.inFlight >= MOST_AT_ONCE) throw unavailable('too many requests at once');
    this.inFlight++;
    try {
      // An egress of the host may take no notice of the signal.
      return await Promise.race([this.answerTo(url, init), aborted(init.signal)]);
    } finally {
      this.inFlight--;
    }
  }

  private async answerTo(url: string, init: RequestInit): Promise<Response> {
    const { status, statusText, headers, body } = await this.egress(url, init);
    const whole = body && new Response(body.pipeThrough(atMost(MOST_BYTES))).arrayBuffer();
    return new Response(await whole, { status, statusText, headers });
  }
}

function atMost(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > bytes) throw unavailable('the answer is too large');
      controller.enqueue(chunk);
    },
  });
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => {
      const { reason } = signal as { reason: unknown };
      reject(reason instanceof Error ? reason : new Error('aborted'));
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

const unavailable = (why: string): TokenjarError =>
  new TokenjarError('provider_unavailable', { cause: new Error(why) });
