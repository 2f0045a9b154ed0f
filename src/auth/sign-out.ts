import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { SentCookies } from '../http/cookies.js';
import type { SignedOut } from '../http/payloads.js';
import type { SentCookie } from '../http/own-cookie.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { PresentedSessions } from './presented-sessions.js';
import { TokenVerification } from './token-verification.js';

/** Ends sessions by the tokens in a request. */
@Injectable()
export class SignOut {
  constructor(
    private readonly ending: SessionEnding,
    private readonly verification: TokenVerification,
    private readonly presented: PresentedSessions,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'clearDeadCookie'>,
  ) {}

  /**
   * Ends every session proven by the request, whatever the age of the tokens; it never fails.
   *
   * If several cookies were sent, all of their sessions end, because a user who signs out wants none of them to stay. A
   * client that has lost its refresh token can sign out with its access token.
   *
   * @param tokens the refresh tokens; the first one is judged.
   * @returns what was wrong with the first refresh token, if anything.
   */
  async signOut(
    tokens: readonly string[],
    authorization: string | undefined,
    caller: Caller,
  ): Promise<SignedOut> {
    const sessions = tokens.flatMap((token) => this.verification.identify(token) ?? []);
    let ended = 0;
    for (const session of new Map(sessions.map((each) => [each.lookupId, each])).values())
      if (await this.ending.endByToken(session, 'logout', caller)) ended++;
    for (const token of new Set(tokens)) if (await this.endLegacy(token, 'logout', caller)) ended++;
    if (ended === 0) await this.endByAccessToken(authorization, caller);
    const [token] = tokens;
    if (token === undefined) return { refused: 'refresh_missing' };
    return this.refusalOf(token) ?? { refused: ended === 0 ? 'token_blacklisted' : undefined };
  }

  /**
   * Ends the session of a refresh token, whoever sends it: the one in the body, otherwise the one in the cookie.
   *
   * **Errors** `refresh_missing`, `cookie_ambiguous`, `token_*`; `token_blacklisted` the second time.
   *
   * @returns the names of the cookies that are now dead, unless clearing them is left to the client.
   */
  async blacklist(inBody: string | undefined, sent: SentCookies, caller: Caller): Promise<Set<string>> {
    const token = inBody ?? (await this.presented.choose(sent))?.value;
    if (token === undefined) throw new TokenjarError('refresh_missing');
    if (this.verification.isLegacyRefresh(token)) {
      if (await this.endLegacy(token, 'blacklist', caller)) return this.deadNames(sent, token);
      throw new TokenjarError('token_blacklisted');
    }
    const session = this.verification.verifyRefresh(token);
    if (!(await this.ending.endByToken(session, 'blacklist', caller)))
      throw new TokenjarError('token_blacklisted');
    const isDead = ({ value }: SentCookie) =>
      this.verification.identify(value)?.lookupId === session.lookupId;
    return new Set(this.options.clearDeadCookie ? sent.refresh.filter(isDead).map(({ name }) => name) : []);
  }

  private deadNames({ refresh }: SentCookies, token: string): Set<string> {
    const dead = this.options.clearDeadCookie ? refresh.filter(({ value }) => value === token) : [];
    return new Set(dead.map(({ name }) => name));
  }

  /** Ends what a token of the site that users came from would continue here. @returns whether there was anything. */
  private async endLegacy(token: string, reason: 'logout' | 'blacklist', caller: Caller): Promise<boolean> {
    if (!this.verification.isLegacyRefresh(token)) return false;
    const issuer = this.verification.legacyIssuerOf(token, new TokenjarError('token_invalid'));
    return (await issuer?.end(token, reason, caller)) === true;
  }

  private async endByAccessToken(authorization: string | undefined, caller: Caller): Promise<void> {
    const access = this.verification.accessIn(authorization);
    if (access) await this.ending.endOne(access.userId, access.sessionId, 'logout', caller);
  }

  /** Why a refresh token is invalid, apart from its session. */
  private refusalOf(token: string): SignedOut | undefined {
    if (this.verification.isLegacyRefresh(token)) return undefined;
    try {
      this.verification.verifyRefresh(token);
      return undefined;
    } catch (error) {
      if (!(error instanceof TokenjarError)) throw error;
      const { code, tokenProblem } = error;
      if (code === 'token_expired' || code === 'token_wrong_type') return { refused: code };
      return { refused: 'token_invalid', tokenProblem };
    }
  }
}
