import { applyDecorators, Post, Req, Res } from '@nestjs/common';
import { KnownDevices } from '../auth/known-devices.js';
import { SignIn } from '../auth/sign-in.js';
import { type Caller, From, type HttpRequest, Languages } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Edge, FromOwnPages } from '../http/edge.js';
import { Input } from '../http/input.js';
import { Operates } from '../http/operation.js';
import type { NewAccount, TokensAndUser } from '../http/operations.js';
import { Public } from '../http/principal.js';
import { Refuses } from '../http/refuses.js';
import { Registration } from './registration.js';

const Registers = (path: string, operation: 'register' | 'signUp') =>
  applyDecorators(
    Public(),
    Post(path),
    FromOwnPages(),
    Operates(operation, 'Make an account and sign in'),
    Refuses(
      'input_invalid',
      'body_malformed',
      'password_too_short',
      'password_too_long',
      'password_same_as_email',
    ),
    Refuses(
      'password_too_similar',
      'password_too_common',
      'password_breached',
      'password_numeric',
      'password_mismatch',
    ),
    Refuses('registration_closed', 'email_taken', 'rate_limited', 'server_busy', 'database_unavailable'),
  );

/** POST /registration, also known as /signup. */
@Edge('account')
export class RegistrationController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly devices: KnownDevices,
    private readonly cookies: Cookies,
  ) {}

  @Registers('registration', 'register')
  register(
    @Input() input: NewAccount,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser | undefined> {
    return this.registerAndSignIn(input, caller, languages, request, response);
  }

  @Registers('signup', 'signUp')
  signUp(
    @Input() input: NewAccount,
    @From() caller: Caller,
    @Languages() languages: string | null,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser | undefined> {
    return this.registerAndSignIn(input, caller, languages, request, response);
  }

  private async registerAndSignIn(
    input: NewAccount,
    caller: Caller,
    languages: string | null,
    request: HttpRequest,
    response: unknown,
  ): Promise<TokensAndUser | undefined> {
    const account = await this.registration.register(input, caller, languages);
    if (!account) return undefined;
    const device = this.devices.of(this.cookies.sentBy(request));
    const answer = await this.signIn.finish({
      account,
      methods: ['pwd'],
      device,
      caller,
      isNewAccount: true,
    });
    return this.cookies.apply(answer, request, response);
  }
}
