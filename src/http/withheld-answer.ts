/** How Nest's adapters send a body: of Fastify's reply `send`, of Express's response also `json`. */
const SENDERS = ['send', 'json'] as const;

type Sending = Partial<Record<(typeof SENDERS)[number], unknown>>;

const withheld = new WeakMap<object, () => void>();

/**
 * Keeps an answer until Nest sends one, and sends it in the place of what the interceptors of a host made of it: one
 * that wraps answers would break every client of ours, and one that logs or caches them would keep tokens.
 */
export function withhold(response: object, answer: () => unknown): void {
  const sending: Sending = response;
  const before = SENDERS.map((name) => Object.getOwnPropertyDescriptor(sending, name));
  withheld.set(response, () => {
    for (const [i, name] of SENDERS.entries()) {
      const own = before[i];
      if (own) Object.defineProperty(sending, name, own);
      else delete sending[name];
    }
  });
  for (const name of SENDERS)
    if (name in sending)
      sending[name] = () => {
        forget(response);
        return answer();
      };
}

/** Lets go of an answer, as something failed after it. */
export function forget(response: object): void {
  withheld.get(response)?.();
  withheld.delete(response);
}
