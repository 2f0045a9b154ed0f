import { Post, Req, Res } from '@nestjs/common';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { SignedOut, TokensAndUser } from '../http/operations.js';
import { Public } from '../http/principal.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { Refuses } from '../http/refuses.js';
import { KnownDevices } from './known-devices.js';
import { Identity, LocalGuard } from './local.guard.js';
import { SignIn } from './sign-in.js';
import { SignOut } from './sign-out.js';
import type { Identified } from './strategies/local.strategy.js';
import { Unlocking } from './unlocking.js';

/** POST /login, /login/unlock, /login/unlock/resend and /logout. */
@Edge('session')
export class LoginController {
  constructor(
    private readonly signIn: SignIn,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
    private readonly signOut: SignOut,
    private readonly refreshCookie: RefreshCookie,
    private readonly unlocking: Unlocking,
  ) {}

  @Public()
  @Post('login')
  @FromOwnPages(LocalGuard)
  @Operates('login', 'Sign in')
  @Refuses('input_invalid', 'body_malformed', 'bad_credentials', 'server_busy', 'database_unavailable')
  @Refuses('email_not_verified', 'session_limit_reached', 'rate_limited')
  async login(
    @Identity() { account, device }: Identified,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser> {
    const answer = await this.signIn.finish({ account, methods: ['pwd'], device, caller });
    return this.cookies.apply(answer, request, response);
  }

  @Public()
  @Post('login/unlock')
  @FromOwnPages()
  @Operates('unlockLogin', 'Open the way to a locked account for this browser, with the key of an email')
  @Refuses('input_invalid', 'body_malformed', 'link_invalid', 'database_unavailable')
  async unlock(
    @Input() { key }: { key: string },
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const account = await this.unlocking.open(key, caller);
    const device = this.devices.of(this.cookies.sentBy(request));
    this.cookies.set(this.devices.admit(device, account), request, response);
  }

  @Public()
  @Post('login/unlock/resend')
  @Operates('resendUnlock', 'Have an e-mail sent that opens the way to a locked account')
  @Refuses('input_invalid', 'body_malformed', 'rate_limited', 'database_unavailable')
  async resendUnlock(
    @Input() { email }: { email: string },
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<void> {
    await this.unlocking.ask(email, caller, languages);
  }

  @Public()
  @Post('logout')
  @FromOwnPages()
  @Operates('logout', 'Sign out: end the session and clear the cookie')
  @Refuses('input_invalid', 'database_unavailable')
  async logout(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignedOut> {
    const signedOut = await this.signOut.of(request);
    this.refreshCookie.clear(request, response);
    return signedOut;
  }
}
