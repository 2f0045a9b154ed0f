import { Req, Res, UseGuards } from '@nestjs/common';
import { type Caller, callerOf, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { Input } from '../http/input.js';
import { ApiController, Operation } from '../http/operation.js';
import type { RefreshTokenInBody, TokensAndUser, VerifiedToken } from '../http/payloads.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { hookUserOf } from '../hooks/hooks.js';
import { stateOf } from '../http/request-state.js';
import type { SignInResult } from '../http/pending-sign-in.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { SessionRefresh } from '../users/sessions/session-refresh.js';
import { Identity, LocalGuard } from './local.guard.js';
import { Presented, RefreshGuard } from './refresh.guard.js';
import { SignIn } from './sign-in.js';
import { SignOut } from './sign-out.js';
import type { Identified } from './strategies/local.strategy.js';
import { TokenAnswers } from './token-answer.js';
import { isRefresh, TokenVerification } from './token-verification.js';

/** POST /token, /token/refresh, /token/verify and /token/blacklist: what simplejwt's four views do. */
@ApiController()
export class TokenController {
  constructor(
    private readonly signIn: SignIn,
    private readonly cookies: Cookies,
    private readonly sessionRefresh: SessionRefresh,
    private readonly verification: TokenVerification,
    private readonly signOut: SignOut,
    private readonly answers: TokenAnswers,
    private readonly hooks: HookCalls,
  ) {}

  @Operation('obtainToken')
  @UseGuards(LocalGuard)
  async obtain(
    @Identity() { account, device, remember, scope }: Identified,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<SignInResult> {
    const proof = { account, methods: ['pwd'] as const, device, caller, remember, scope };
    const answer = await this.signIn.finish(proof);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('refreshToken')
  @UseGuards(RefreshGuard)
  async refresh(
    @Presented() presented: RefreshSubject | undefined,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<TokensAndUser | undefined> {
    if (!presented) return undefined;
    const { isDeviceProven } = stateOf(request);
    const { session, outcome } = await this.sessionRefresh.refresh(presented, caller, isDeviceProven);
    const answer = await this.answers.give(session, outcome);
    await this.hooks.call('afterRefresh', { user: hookUserOf(session.user), sessionId: session.id });
    this.cookies.devices.clearProof(request, response);
    return this.cookies.apply(answer, request, response);
  }

  @Operation('verifyToken')
  async verify(@Input() { token }: { token: string }): Promise<VerifiedToken> {
    const verified = await this.verification.verifyShared(token);
    if ('tokenType' in verified) return verified;
    if (!isRefresh(verified)) return { tokenType: 'access', expiresAt: new Date(verified.exp * 1000) };
    await this.sessionRefresh.verify(verified);
    return { tokenType: 'refresh', expiresAt: new Date(verified.expiresAt * 1000) };
  }

  @Operation('blacklistToken')
  async blacklist(
    @Input() { refreshToken }: RefreshTokenInBody,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<void> {
    const sent = this.cookies.sentBy(request);
    for (const name of await this.signOut.blacklist(refreshToken, sent, callerOf(request)))
      this.cookies.refresh.clear(request, response, name);
  }
}
