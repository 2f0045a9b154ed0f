import { Req, Res, UseGuards } from '@nestjs/common';
import { type Caller, callerOf, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input, refreshTokenInBody } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { EmailedKey, SignedOut } from '../http/payloads.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import { KnownDevices } from './known-devices.js';
import { Identity, LocalGuard } from './local.guard.js';
import { SignIn } from './sign-in.js';
import { SignOut } from './sign-out.js';
import type { Identified } from './strategies/local.strategy.js';
import { Unlocking } from './unlocking.js';

/** POST /login, /login/unlock, /login/unlock/resend and /logout. */
@ApiController()
export class LoginController {
  constructor(
    private readonly signIn: SignIn,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
    private readonly signOut: SignOut,
    private readonly unlocking: Unlocking,
  ) {}

  @Operation('login')
  @UseGuards(LocalGuard)
  async login(
    @Identity() { account, device, remember, scope }: Identified,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const proof = { account, methods: ['pwd'] as const, device, caller, remember, scope };
    const answer = await this.signIn.finish(proof);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('unlockLogin')
  async unlock(
    @Input() input: EmailedKey,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const account = await this.unlocking.open(input, caller);
    const device = this.devices.of(this.cookies.sentBy(request));
    this.cookies.set(this.devices.admit(device, account), request, response);
  }

  @Operation('resendUnlock')
  async resendUnlock(
    @Input() { email }: { email: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.unlocking.ask(email, caller, languages);
  }

  @Operation('logout')
  async logout(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignedOut> {
    const inBody = refreshTokenInBody(request);
    const tokens = [
      ...(inBody === null ? [] : [inBody]),
      ...this.cookies.refreshSent(request).map(({ value }) => value),
    ];
    const { authorization } = request.headers;
    const signedOut = await this.signOut.signOut(tokens, authorization, callerOf(request));
    this.cookies.set([{ cookie: 'refresh', value: null }], request, response);
    return signedOut;
  }
}
