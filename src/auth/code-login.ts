import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Answer } from '../http/cookies.js';
import type { LoginCodeInput, LoginCodeRequest, PendingCode, SignInResult } from '../http/pending-sign-in.js';
import { Limits } from '../limits/limits.js';
import type { Draft, Email } from '../mail/email.js';
import { linkTo } from '../mail/links.js';
import { type AddressState, ownerState } from '../users/address-state.js';
import { BoundEmails } from '../users/bound-emails.js';
import { isSameState } from '../users/one-time-tokens.js';
import type { User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import type { Presence } from './account-holders.js';
import type { Device } from './known-devices.js';
import { CODE_LIFETIME, type LoginCodeRow, LoginCodes } from './login-codes.js';
import { SignIn } from './sign-in.js';
import { UnprovenAccounts } from './unproven-accounts.js';

/** What a code is for besides a login: to finish what was begun elsewhere. It is used up before. */
export type CodeContinuation = (
  device: Device,
  presence: Presence,
  caller: Caller,
) => Promise<Answer<SignInResult>>;

/** Finds out whether a code is for something else than a login; undefined if it is not. */
export type FindContinuation = (login: LoginCodeRow) => Promise<CodeContinuation | undefined>;

/** Signs in with a code sent by email, in the browser that asked for it. */
@Injectable()
export class CodeLogin implements OnModuleInit {
  private findContinuation: FindContinuation | undefined;

  constructor(
    private readonly db: Database,
    private readonly codes: LoginCodes,
    private readonly users: Users,
    private readonly unproven: UnprovenAccounts,
    private readonly emails: BoundEmails,
    private readonly limits: Limits,
    private readonly signIn: SignIn,
    private readonly audit: Audit,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.emails.prepare('login_code', 'owner', (draft, state) => this.withCode(draft, state));
  }

  /** Registers what else a code may be for. */
  continueBy(find: FindContinuation): void {
    this.findContinuation = find;
  }

  /**
   * Queues an email with a code. It is only sent if the address has an account, but the work and the response are the
   * same for every address.
   *
   * @param previous secrets of logins in the request; their codes no longer work.
   * @param device one on which the address has signed in has limits of its own. **Errors** `rate_limited`.
   */
  async ask(
    { email, remember = true, scope }: LoginCodeRequest,
    previous: readonly string[],
    device: Device,
    caller: Caller,
    languages: string | null,
  ): Promise<Answer<PendingCode>> {
    this.demandOn();
    // Whether the address has signed in on it; whose it is now need not be known, so this costs no query.
    const [known] = device.entriesFor(email);
    await this.limits.consume('login_code', { caller, account: email, device: known?.split('.')[0] });
    const boundTo = ownerState(await this.emails.stateOf(email));
    const { secret, digest } = await this.codes.begin(
      { email, boundTo, remember, scope: scope ?? null },
      previous,
      this.db,
    );
    await this.emails.queue({ to: email, languages }, 'login_code', this.db, { digest });
    await this.audit.record({ event: 'login_code_requested', outcome: 'success', email, caller });
    return {
      result: { loginToken: secret },
      cookies: [{ cookie: 'pendingLogin', value: secret, maxAge: CODE_LIFETIME, isSignIn: true }],
    };
  }

  /**
   * Signs in with the code, or with the key of the link.
   *
   * @param secrets of logins in the request. **Errors** `login_expired`, `code_wrong`, and those of
   * {@link SignIn.finish}.
   */
  async confirm(
    secrets: readonly string[],
    { code, key }: LoginCodeInput,
    device: Device,
    presence: Presence,
    caller: Caller,
  ): Promise<Answer<SignInResult>> {
    if (!this.findContinuation) this.demandOn();
    const login = await this.codes.find(secrets);
    const input = { ...(code !== undefined && { code }), ...(key !== undefined && { key }) };
    await this.verify(login, input, 'login', caller);
    const continuation = await this.findContinuation?.(login);
    if (continuation) {
      await this.codes.consume(login, this.db);
      return withoutLogin(await continuation(device, presence, caller));
    }
    if (!this.options.emailCodeLogin) throw new TokenjarError('login_expired');
    const account = await this.db.transaction(async (tx) => {
      const user = await this.consume(login, tx);
      return user.emailVerified ? user : this.unproven.prove(user, presence, tx, caller);
    });
    const { remember, scope } = login;
    const proof = { account, methods: ['email'] as const, device, caller, remember, scope };
    return withoutLogin(await this.signIn.finish({ ...proof, ifChanged: 'login_expired' }));
  }

  /**
   * Has a signed-in user authenticate again, with a code that this browser has requested for their address.
   *
   * **Errors** `method_not_available`, `login_expired`, `code_wrong`.
   */
  async reauthenticate(
    { userId, email }: { userId: number; email: string | null },
    secrets: readonly string[],
    code: string,
    caller: Caller,
  ): Promise<void> {
    if (!this.options.emailCodeLogin) throw new TokenjarError('method_not_available');
    const login = await this.codes.find(secrets);
    if (login.email !== email) throw new TokenjarError('login_expired');
    await this.verify(login, { code }, 'reauthentication', caller);
    await this.db.transaction(async (tx) => {
      const { id } = await this.consume(login, tx);
      if (id !== userId) throw new TokenjarError('login_expired');
    });
  }

  /** The code for the key of a link, for a page in another browser than the one that asked. **Errors** `login_expired`. */
  async show(key: string): Promise<string> {
    if (!this.findContinuation) this.demandOn();
    return this.codes.codeOf(key);
  }

  private demandOn(): void {
    if (!this.options.emailCodeLogin) throw new TokenjarError('not_found');
  }

  /** Uses a login up. @returns its user, who has to be the one that had the address when the code was requested. */
  private async consume(login: LoginCodeRow, tx: Queries): Promise<User> {
    await this.codes.consume(login, tx);
    const state = await this.emails.stateOf(login.email, tx);
    const user = state.account && (await this.users.findById(state.account.id, tx));
    if (!user?.isActive || !isSameState(login.boundTo, ownerState(state)))
      throw new TokenjarError('login_expired');
    return user;
  }

  private async verify(
    login: LoginCodeRow,
    input: { code?: string; key?: string },
    event: 'login' | 'reauthentication',
    caller: Caller,
  ): Promise<void> {
    try {
      await this.codes.verify(login, input);
    } catch (error) {
      if (error instanceof TokenjarError && error.code === 'code_wrong') {
        const failure = { event, outcome: 'failure', reason: 'code_wrong' } as const;
        await this.audit.record({ ...failure, email: login.email, caller });
      }
      throw error;
    }
  }

  private async withCode(draft: Draft, state: AddressState): Promise<Email | undefined> {
    const user: User | undefined = state.account && (await this.users.findById(state.account.id));
    const content = user?.isActive ? await this.codes.contentOf(draft.values.digest ?? '') : undefined;
    if (!user || !content) return undefined;
    const link = linkTo(this.options, this.options.loginCodeLink, { key: content.key });
    const values = { code: content.code, link, lifetime: String(CODE_LIFETIME) };
    return { ...draft, languages: user.locale ?? draft.languages, values };
  }
}

/** Clears the cookie of the login, unless it has been replaced by one that lacks a step. */
function withoutLogin(answer: Answer<SignInResult>): Answer<SignInResult> {
  const isSet = answer.cookies.some(({ cookie }) => cookie === 'pendingLogin');
  return isSet
    ? answer
    : { ...answer, cookies: [...answer.cookies, { cookie: 'pendingLogin', value: null }] };
}
