import { jest } from '@jest/globals';
import { type Auth, createAuth, type Settings } from '../../client/src/index.js';

/** What the far end of the wire got. */
export interface Received {
  path: string;
  method: string;
  headers: Headers;
  body: unknown;
  signal: AbortSignal | undefined;
  redirect: RequestRedirect | undefined;
  /** **Unit** milliseconds since the beginning. */
  at: number;
}

export type Answer = (received: Received) => Response | Promise<Response>;

export const BASE = 'https://id.example.com/auth';
export const USER = { id: 1, email: 'ada@example.com', email_verified: false, roles: [], locale: null };

/**
 * The far end of the wire for a client whose time is fake: it answers as it is told, at the time it is told. How the
 * client fares with a real server and real tabs is seen in test/browser.
 */
export class FarServer {
  readonly received: Received[] = [];
  private readonly began = Date.now();
  private tokens = 0;

  /** How everything is answered, whatever stands below. */
  everything: Answer | undefined;
  /** How a path is answered; everything else is 404. */
  readonly answers: Record<string, Answer> = {
    '/login': () => this.tokensAnswer(),
    '/token/refresh': () => this.tokensAnswer(),
    '/logout': () => new Response(null, { status: 204 }),
  };

  readonly fetch: typeof fetch = async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const url = request ? request.url : input instanceof URL ? input.href : (input as string);
    const received: Received = {
      path: url.startsWith(BASE) ? url.slice(BASE.length) : url,
      method: init?.method ?? request?.method ?? 'GET',
      headers: new Headers(init?.headers ?? request?.headers),
      body: init?.body,
      signal: init?.signal ?? undefined,
      redirect: init?.redirect,
      at: Date.now() - this.began,
    };
    this.received.push(received);
    const answer = this.everything ?? this.answers[received.path] ?? (() => problem(404, 'not_found'));
    const gone = new Promise<never>((_, fail) =>
      received.signal?.addEventListener('abort', () => fail(new DOMException('aborted', 'AbortError'))),
    );
    return Promise.race([Promise.resolve(answer(received)), gone]);
  };

  tokensAnswer(expiresIn = 600, user: object = USER): Response {
    this.tokens++;
    return Response.json({
      access_token: `token-${this.tokens}`,
      token_type: 'Bearer',
      expires_in: expiresIn,
      user,
    });
  }

  to(path: string): Received[] {
    return this.received.filter((each) => each.path === path);
  }

  client(settings: Settings = {}): Auth {
    return createAuth({ baseUrl: BASE, fetch: this.fetch, ...settings });
  }
}

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  Response.json({ status, code, detail: `A sentence about ${code}.` }, { status, headers });

export const never = (): Promise<Response> => new Promise(() => undefined);

/** Time that a test moves. */
export function fakeTime(): void {
  jest.useFakeTimers({
    now: Date.parse('2026-03-01T12:00:00Z'),
    doNotFake: ['queueMicrotask', 'nextTick', 'setImmediate'],
  });
}
export const realTime = (): void => void jest.useRealTimers();
/** **Unit** seconds. */
export const pass = (seconds: number): Promise<void> => jest.advanceTimersByTimeAsync(seconds * 1000);
