import { Req, Res } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { LoginCodeInput, LoginCodeRequest, PendingCode, SignInResult } from '../http/pending-sign-in.js';
import { CodeLogin } from './code-login.js';
import { AccountHolders } from './account-holders.js';
import { KnownDevices } from './known-devices.js';

/** POST /login/code, /login/code/confirm and /login/code/show. */
@ApiController()
export class LoginCodeController {
  constructor(
    private readonly login: CodeLogin,
    private readonly devices: KnownDevices,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('requestLoginCode')
  async ask(
    @Input() input: LoginCodeRequest,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<PendingCode> {
    const previous = secretsIn(input, this.cookies.sentBy(request).pendingLogin);
    const answer = await this.login.ask(input, previous, caller, languages);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('confirmLoginCode')
  async confirm(
    @Input() input: LoginCodeInput,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const sent = this.cookies.sentBy(request);
    const secrets = secretsIn(input, sent.pendingLogin);
    const presence = await this.holders.presenceIn(sent, request.headers.authorization);
    try {
      const answer = await this.login.confirm(secrets, input, this.devices.of(sent), presence, caller);
      return this.cookies.apply(answer, request, response);
    } catch (error) {
      const isExpired = error instanceof TokenjarError && error.code === 'login_expired';
      if (isExpired && secrets === sent.pendingLogin)
        this.cookies.set([{ cookie: 'pendingLogin', value: null }], request, response);
      throw error;
    }
  }

  @Operation('showLoginCode')
  async show(@Input() { key }: { key: string }): Promise<{ code: string }> {
    return { code: await this.login.show(key) };
  }
}

/** A secret in the body is sent on purpose, a cookie automatically, so the body takes precedence. */
const secretsIn = (
  { loginToken }: { loginToken?: string | undefined },
  inCookies: readonly string[],
): readonly string[] => (loginToken === undefined ? inCookies : [loginToken]);
