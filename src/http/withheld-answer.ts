/** How Nest's adapters send a body: of Fastify's reply `send`, of Express's response also `json`. */
const SENDERS = ['send', 'json'] as const;
const COOKIES = 'set-cookie';

type Sending = Partial<Record<(typeof SENDERS)[number], unknown>>;

/** Of both. */
interface Headers {
  getHeader(name: string): unknown;
  removeHeader(name: string): unknown;
  header(name: string, value: string | string[]): unknown;
}

/** What a handler has come to. */
interface Withheld {
  /** What it threw, if it did. */
  failure: { thrown: unknown } | undefined;
  /** The cookies that it found. */
  cookies: unknown;
  restore: () => void;
}

const withheld = new WeakMap<object, Withheld>();

/** The cookies of a response, before a handler sets others. */
export const cookiesOn = (response: object): unknown => (response as Headers).getHeader(COOKIES);

/**
 * Keeps an answer until Nest sends one, and sends it in the place of what the interceptors of a host made of it: one
 * that wraps answers would break every client of ours, and one that logs or caches them would keep tokens.
 *
 * @param cookies as {@link cookiesOn} returned them. @param answer sends it, or throws what the handler threw.
 */
export function withhold(
  response: object,
  cookies: unknown,
  answer: () => unknown,
  failure?: Withheld['failure'],
): void {
  // An interceptor may have called the handler again.
  release(response);
  const sending: Sending = response;
  const before = SENDERS.map((name) => Object.getOwnPropertyDescriptor(sending, name));
  const restore = () => {
    for (const [i, name] of SENDERS.entries()) {
      const own = before[i];
      if (own) Object.defineProperty(sending, name, own);
      else delete sending[name];
    }
  };
  withheld.set(response, { failure, cookies, restore });
  for (const name of SENDERS)
    if (name in sending)
      sending[name] = () => {
        // A failure is on its way to the filter, which asks for it.
        if (failure) restore();
        else release(response);
        return answer();
      };
}

/**
 * Lets go of an answer, as something failed after the handler, and of the cookies that belong to it: nobody is signed in
 * by an answer that was not sent.
 *
 * @returns what the handler itself threw, if that is what failed, whatever interceptors have made of it.
 */
export function forget(response: object): { thrown: unknown } | undefined {
  const kept = release(response);
  if (!kept || kept.failure) return kept?.failure;
  const headers = response as Headers;
  headers.removeHeader(COOKIES);
  if (kept.cookies !== undefined) headers.header(COOKIES, kept.cookies as string | string[]);
  return undefined;
}

function release(response: object): Withheld | undefined {
  const kept = withheld.get(response);
  kept?.restore();
  withheld.delete(response);
  return kept;
}
