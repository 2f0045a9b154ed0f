import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Presence } from '../auth/account-holders.js';
import type { Device } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer, CookieChange } from '../http/cookies.js';
import { isPending } from '../http/pending-sign-in.js';
import { frontendOf } from '../mail/links.js';
import { SessionReauthentication } from '../users/sessions/session-reauthentication.js';
import { Sessions } from '../users/sessions/sessions.js';
import { type Attempt, Attempts } from './attempts.js';
import { type FoundAccount, Linking } from './linking.js';
import { IdentityLinks } from './identity-links.js';
import { Identities } from './identities.js';
import { Providers } from './providers.js';

/** What came back from a provider. */
export interface Returned {
  /** The provider that the path names. */
  provider: string;
  parameters: URLSearchParams;
  /** The values of the cookies of attempts. */
  sealed: readonly string[];
}

/** Whom a browser may be of. */
export interface ReturningBrowser {
  device: Device;
  presence: Presence;
}

/** What a browser is told when it is sent back, and its cookies. */
interface Outcome {
  fragment: string;
  cookies: readonly CookieChange[];
}

/** The way back from a provider. */
@Injectable()
export class ProviderSignIn {
  constructor(
    private readonly db: Database,
    private readonly attempts: Attempts,
    private readonly providers: Providers,
    private readonly linking: Linking,
    private readonly links: IdentityLinks,
    private readonly identities: Identities,
    private readonly sessions: Sessions,
    private readonly reauthentication: SessionReauthentication,
    private readonly signIn: SignIn,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** The attempt of a browser that came back; undefined if it has none. */
  attemptOf({ provider, parameters, sealed }: Returned): Attempt | undefined {
    if (!this.providers.has(provider)) return undefined;
    return this.attempts.find(sealed, provider, parameters.get('state') ?? '');
  }

  /** Where a browser without an attempt goes. */
  get nowhere(): string {
    return `${frontendOf(this.options)}#error=state_missing`;
  }

  /**
   * Signs in, links or authenticates again, as the browser asked when it went to the provider.
   *
   * @returns where the browser goes, with the outcome in the fragment: never an error, because a person is looking.
   */
  async finish(
    attempt: Attempt,
    parameters: URLSearchParams,
    browser: ReturningBrowser,
    caller: Caller,
  ): Promise<Answer<string>> {
    const { fragment, cookies } = await this.outcomeOf(attempt, parameters, browser, caller);
    return { result: `${attempt.returnTo}#${fragment}`, cookies };
  }

  private async outcomeOf(
    attempt: Attempt,
    parameters: URLSearchParams,
    browser: ReturningBrowser,
    caller: Caller,
  ): Promise<Outcome> {
    const { provider } = attempt;
    try {
      const account = await this.providers.get(provider).accountFor(parameters, attempt);
      const found = { ...account, provider };
      if (attempt.purpose === 'login') return await this.login(found, attempt, browser, caller);
      return { fragment: await this.forSession(found, attempt, caller), cookies: [] };
    } catch (error) {
      if (isUnavailable(error)) return { fragment: 'error=database_unavailable', cookies: [] };
      if (!(error instanceof TokenjarError)) throw error;
      this.providers.warnOf(provider, error);
      if (error.code === 'provider_refused') await this.recordRefusal(attempt, caller);
      return { fragment: `error=${error.code}`, cookies: [] };
    }
  }

  private async login(
    found: FoundAccount,
    { remember }: Attempt,
    { device, presence }: ReturningBrowser,
    caller: Caller,
  ): Promise<Outcome> {
    const known = await this.linking.accountOf(found, presence, caller);
    if (!known) {
      const { cookies } = await this.links.awaitAddress(found, remember);
      return { fragment: 'email_required', cookies };
    }
    if ('owner' in known) {
      const { cookies } = await this.links.await(known.owner, found);
      return { fragment: 'account_exists', cookies };
    }
    const { user: account, isNew: isNewAccount } = known;
    const proof = { account, methods: ['fed'] as const, device, caller, isNewAccount, remember };
    const { result, cookies } = await this.signIn.finish(proof);
    return { fragment: isPending(result) ? result.needs.replace(/_required$/, '') : 'signed_in', cookies };
  }

  /** Of the session that asked, which has to be alive still. */
  private forSession(
    found: FoundAccount,
    { purpose, userId = 0, sessionId = '' }: Attempt,
    caller: Caller,
  ): Promise<string> {
    return this.db.transaction(async (tx) => {
      const session = await this.sessions.findOwn(userId, sessionId, tx);
      if (!session?.user.isActive) throw new TokenjarError('login_expired');
      const linkedTo = await this.identities.use(found, tx);
      if (purpose === 'reauthenticate') {
        if (linkedTo !== userId) throw new TokenjarError('identity_not_found');
        await this.reauthentication.note({ userId, sessionId }, ['fed'], tx, caller);
        return 'reauthenticated';
      }
      if (linkedTo === userId) return 'linked';
      if (linkedTo !== undefined || !(await this.links.link(session.user, found, tx, caller)))
        throw new TokenjarError('identity_taken');
      return 'linked';
    });
  }

  private async recordRefusal({ purpose, userId, sessionId }: Attempt, caller: Caller): Promise<void> {
    if (purpose === 'login') return;
    const failure = { event: 'reauthentication', outcome: 'failure', reason: 'provider_refused' } as const;
    await this.audit.record({ ...failure, userId, ...(sessionId !== undefined && { sessionId }), caller });
  }
}
