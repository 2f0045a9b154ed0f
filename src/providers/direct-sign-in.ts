import { Injectable } from '@nestjs/common';
import type { Presence } from '../auth/account-holders.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { IdentityLinks } from './identity-links.js';
import type { FoundAccount } from './linking.js';
import { PENDING_LIFETIME, type WantedSession } from './pending-identities.js';
import { methodsOf } from './provider.js';
import { ProviderLogin } from './provider-login.js';

/** A sign-in; or an error that comes with cookies, with which the client goes on. */
export type DirectAnswer = Answer<SignInResult | TokenjarError>;

/** Signs in whoever has an account at a provider, in answer to a request of the client itself: nothing is redirected. */
@Injectable()
export class DirectSignIn {
  constructor(
    private readonly logins: ProviderLogin,
    private readonly links: IdentityLinks,
  ) {}

  /** The errors in the answer are `account_exists` and `email_required`. **Errors** those of {@link ProviderLogin.enter}. */
  async enter(
    found: FoundAccount,
    wanted: WantedSession,
    presence: Presence,
    caller: Caller,
  ): Promise<DirectAnswer> {
    const proof = { methods: methodsOf(found), presence, device: presence.device, caller, ...wanted };
    const entered = await this.logins.enter(found, proof);
    if (!entered) {
      const { result: loginToken, cookies } = await this.links.awaitAddress(found, wanted);
      const pending = { methods: ['email'], expiresIn: PENDING_LIFETIME, loginToken };
      return { result: new TokenjarError('email_required', { pending }), cookies };
    }
    if (!('owner' in entered)) return entered;
    const { cookies } = await this.links.await(entered.owner, found);
    return { result: new TokenjarError('account_exists'), cookies };
  }
}
