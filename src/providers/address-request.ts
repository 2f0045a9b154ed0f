import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { type CodeContinuation, CodeLogin } from '../auth/code-login.js';
import { CODE_LIFETIME, type LoginCodeRow, LoginCodes } from '../auth/login-codes.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer, SentCookies } from '../http/cookies.js';
import type { PendingCode } from '../http/pending-sign-in.js';
import { Limits } from '../limits/limits.js';
import type { Draft, Email } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { PendingIdentities } from './pending-identities.js';
import { ProviderLogin } from './provider-login.js';

/** Asks somebody for an address whose provider has not verified one, and confirms it by a code. */
@Injectable()
export class AddressRequest implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly pending: PendingIdentities,
    private readonly codes: LoginCodes,
    private readonly codeLogin: CodeLogin,
    private readonly logins: ProviderLogin,
    private readonly emails: BoundEmails,
    private readonly limits: Limits,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    if (this.options.providers.length === 0) return;
    this.emails.prepare('identity_code', undefined, (draft) => this.withCode(draft));
    this.codeLogin.continueBy((login) => this.continuationOf(login));
  }

  /**
   * Sends a code to an address, whoever has it: an account may come of it. The code works in the browser that came back
   * from the provider.
   *
   * **Errors** `login_expired` if nobody came back in this browser; `rate_limited`.
   */
  async ask(
    email: string,
    { pendingIdentity, pendingLogin }: Pick<SentCookies, 'pendingIdentity' | 'pendingLogin'>,
    caller: Caller,
    languages: string | null,
  ): Promise<Answer<PendingCode>> {
    if (pendingIdentity.length === 0) throw new TokenjarError('login_expired');
    await this.limits.consume('login_code', { caller, account: email });
    const value = await this.db.transaction(async (tx) => {
      const boundTo = ownerState(await this.emails.stateOf(email, tx));
      const login = { email, boundTo, remember: true, scope: null };
      const { secret, digest } = await this.codes.begin(login, pendingLogin, tx);
      // Where nobody has come back, nothing is left of the code: it would count against the address.
      if (!(await this.pending.nameCode(pendingIdentity, Buffer.from(digest, 'base64url'), tx)))
        throw new TokenjarError('login_expired');
      await this.emails.queue({ to: email, languages }, 'identity_code', tx, { digest });
      await this.audit.record({ event: 'login_code_requested', outcome: 'success', email, caller }, tx);
      return secret;
    });
    return {
      result: { loginToken: value },
      cookies: [{ cookie: 'pendingLogin', value, maxAge: CODE_LIFETIME, isSignIn: true }],
    };
  }

  private async continuationOf({ digest: code, email }: LoginCodeRow): Promise<CodeContinuation | undefined> {
    const waiting = await this.pending.findByCode(code);
    if (!waiting) return undefined;
    const { digest, remember, scope, ...account } = waiting;
    return async (device, presence, caller) => {
      const found = { ...account, email, isEmailVerified: true };
      const methods = ['fed', 'email'] as const;
      const proof = { methods, presence, device, caller, remember, scope };
      const entered = await this.logins.enter(found, proof);
      if (!entered) throw new TypeError('the address was confirmed');
      if ('owner' in entered) {
        await this.pending.handOver(digest, entered.owner.id);
        throw new TokenjarError('account_exists');
      }
      await this.pending.remove(digest);
      const { result, cookies } = entered;
      return { result, cookies: [...cookies, { cookie: 'pendingIdentity', value: null }] };
    };
  }

  private async withCode(draft: Draft): Promise<Email | undefined> {
    const content = await this.codes.contentOf(draft.values.digest ?? '');
    if (!content) return undefined;
    const link = linkTo(this.options, this.options.loginCodeLink, { key: content.key });
    return { ...draft, values: { code: content.code, link, lifetime: String(CODE_LIFETIME) } };
  }
}
