import { AuthError } from './index.js';
import type { PasskeyPrompt } from './factor-types.js';

/** Whether this browser has passkeys, and the functions that read and write them as JSON. */
export const supportsPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;

/** Whether it offers passkeys in the autofill of a field. */
export const supportsAutofill = async (): Promise<boolean> =>
  supportsPasskeys() && PublicKeyCredential.isConditionalMediationAvailable();

/** Options that wait for long are replaced when this part of their time is over: a challenge expires. */
const RENEW_AT = 0.8;

const OUTCOMES: Record<string, string> = {
  NotAllowedError: 'passkey_cancelled',
  AbortError: 'passkey_cancelled',
  InvalidStateError: 'passkey_exists',
};

/** As far as it is read here. */
interface Options {
  timeout?: number;
  rp?: { id: string };
}

/** **Source** Web Authentication Level 3 §5.1.10. Not every browser has it. */
type Signals = Partial<
  Record<'signalAllAcceptedCredentials' | 'signalCurrentUserDetails', (input: object) => Promise<void>>
>;

export interface AcceptedPasskeys {
  rp_id: string;
  user_handle: string;
  passkeys: { credential_id: string }[];
}

/** Tells the browser which passkeys an account has, and how it is called. */
export async function signal(ask: () => Promise<AcceptedPasskeys>, name: unknown): Promise<void> {
  const browser = globalThis.PublicKeyCredential as unknown as Signals | undefined;
  if (!browser?.signalAllAcceptedCredentials) return;
  const { rp_id: rpId, user_handle: userId, passkeys } = await ask();
  const allAcceptedCredentialIds = passkeys.map(({ credential_id }) => credential_id);
  await browser.signalAllAcceptedCredentials({ rpId, userId, allAcceptedCredentialIds });
  await browser.signalCurrentUserDetails?.({ rpId, userId, name, displayName: name });
}

/**
 * Has the browser make or use a passkey, one at a time: another request cancels the one before.
 *
 * @returns a function that takes a function which requests the options.
 */
export function createPasskeys() {
  /** A browser asks for one passkey at a time. */
  let current: AbortController | undefined;

  /** @param ask requests the options. */
  async function credential(
    ask: () => Promise<unknown>,
    { mediation, signal }: PasskeyPrompt = {},
  ): Promise<object> {
    for (;;) {
      current?.abort();
      const own = (current = new AbortController());
      const options = (await ask()) as Options;
      const isStopped = () => current !== own || signal?.aborted;
      const stop = () => own.abort();
      signal?.addEventListener('abort', stop);
      const renewal = mediation && setTimeout(stop, (options.timeout ?? 300_000) * RENEW_AT);
      try {
        if (isStopped()) stop();
        // Options of both kinds are read by functions of the browser; which it is, they show.
        const [parse, request] = options.rp
          ? (['parseCreationOptionsFromJSON', 'create'] as const)
          : (['parseRequestOptionsFromJSON', 'get'] as const);
        const publicKey = PublicKeyCredential[parse](options as never);
        const made = await navigator.credentials[request]({
          publicKey,
          signal: own.signal,
          mediation,
        } as CredentialCreationOptions & CredentialRequestOptions);
        return (made as PublicKeyCredential).toJSON();
      } catch (cause) {
        // It waited for longer than its challenge lives.
        if (own.signal.aborted && !isStopped()) continue;
        const { name, message } = cause as Error;
        throw new AuthError({ code: OUTCOMES[name] ?? 'passkey_failed', detail: message, cause });
      } finally {
        clearTimeout(renewal);
        signal?.removeEventListener('abort', stop);
      }
    }
  }

  return credential;
}
