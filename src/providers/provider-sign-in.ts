import { Inject, Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { OPTIONS, type Options } from '../config/options.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { CookieChange } from '../http/cookies.js';
import { isPending } from '../http/pending-sign-in.js';
import { Limits } from '../limits/limits.js';
import { frontendOf } from '../mail/links.js';
import type { Attempt } from './attempts.js';
import { IdentityLinks } from './identity-links.js';
import type { FoundAccount } from './linking.js';
import { methodsOf } from './provider.js';
import { ProviderCodes } from './provider-codes.js';
import { ProviderLogin } from './provider-login.js';
import { Providers } from './providers.js';
import { type SessionPurpose, SessionPurposes } from './session-purposes.js';

/** What a browser is told when it is sent back, and its cookies. */
interface Outcome {
  fragment: string;
  cookies: readonly CookieChange[];
  /** Why it failed, if it did. */
  error?: TokenjarError;
}

/** Where a browser goes, and its cookies. */
export interface WayBack extends Omit<Outcome, 'fragment'> {
  location: string;
}

/** The way back from a provider. */
@Injectable()
export class ProviderSignIn {
  constructor(
    private readonly providers: Providers,
    private readonly limits: Limits,
    private readonly logins: ProviderLogin,
    private readonly links: IdentityLinks,
    private readonly purposes: SessionPurposes,
    private readonly codes: ProviderCodes,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Where a browser without an attempt goes. */
  get nowhere(): WayBack {
    return { location: `${frontendOf(this.options)}#error=state_missing`, cookies: [] };
  }

  /**
   * Signs in, links or authenticates again, as the browser asked when it went to the provider.
   *
   * @returns where the browser goes, with the outcome in the fragment: never an error, because a person is looking.
   */
  async finish(
    attempt: Attempt,
    parameters: URLSearchParams,
    presence: Presence,
    caller: Caller,
  ): Promise<WayBack> {
    const { fragment, ...outcome } = await this.outcomeOf(attempt, parameters, presence, caller);
    return { location: `${attempt.returnTo}#${fragment}`, ...outcome };
  }

  private async outcomeOf(
    attempt: Attempt,
    parameters: URLSearchParams,
    presence: Presence,
    caller: Caller,
  ): Promise<Outcome> {
    const { provider } = attempt;
    const session = sessionPurposeOf(attempt);
    try {
      // An attempt can be sent again and again, and the provider is asked each time.
      await this.limits.consume('provider_return', { caller });
      const account = await this.providers.get(provider).accountFor(parameters, attempt);
      const found = { ...account, provider };
      const { codeChallenge, remember, scope } = attempt;
      if (codeChallenge !== undefined) {
        const code = await this.codes.add(found, codeChallenge, { remember, scope });
        return { fragment: `code=${code}`, cookies: [] };
      }
      return session
        ? { fragment: await this.purposes.finish(found, session, caller), cookies: [] }
        : await this.login(found, attempt, presence, caller);
    } catch (error) {
      if (isUnavailable(error)) return { fragment: 'error=database_unavailable', cookies: [] };
      if (!(error instanceof TokenjarError)) throw error;
      this.providers.warnOf(provider, error);
      if (session) await this.purposes.recordRefusal(session, error, caller);
      return { fragment: `error=${error.code}`, cookies: [], error };
    }
  }

  private async login(
    found: FoundAccount,
    { remember, scope }: Attempt,
    presence: Presence,
    caller: Caller,
  ): Promise<Outcome> {
    const { device } = presence;
    const proof = { methods: methodsOf(found), presence, device, caller, remember, scope };
    const entered = await this.logins.enter(found, proof);
    if (!entered) {
      const { cookies } = await this.links.awaitAddress(found, { remember, scope });
      return { fragment: 'email_required', cookies };
    }
    if ('owner' in entered) {
      const { cookies } = await this.links.await(entered.owner, found);
      return { fragment: 'account_exists', cookies };
    }
    const { result, cookies } = entered;
    return { fragment: isPending(result) ? result.needs.replace(/_required$/, '') : 'signed_in', cookies };
  }
}

function sessionPurposeOf({ purpose, userId, sessionId }: Attempt): SessionPurpose | undefined {
  return purpose === 'login' || userId === undefined || sessionId === undefined
    ? undefined
    : { purpose, userId, sessionId };
}
