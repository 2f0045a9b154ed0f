import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from '../http/caller.js';
import type { SentCookies } from '../http/cookies.js';
import { readInput } from '../http/input.js';
import type { RefreshTokenInBody } from '../http/payloads.js';
import type { SentCookie } from '../http/own-cookie.js';
import { RefreshCookie } from '../http/refresh-cookie.js';
import { type RefreshSubject, RefreshTokens } from '../tokens/refresh-token.js';
import { Sessions } from '../users/sessions/sessions.js';
import type { SignedInBefore } from '../users/sessions/signed-in-before.js';
import { TokenVerification } from './token-verification.js';

/** What the cookies of a request say of one session. */
interface Candidate extends SentCookie {
  subject: RefreshSubject;
}

/** Finds the refresh token of a request: in the cookie, or in the body where `REFRESH_TOKEN_IN` allows. */
@Injectable()
export class PresentedToken {
  constructor(
    @Inject(OPTIONS) private readonly options: Options,
    private readonly cookie: RefreshCookie,
    private readonly tokens: RefreshTokens,
    private readonly verification: TokenVerification,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {}

  /** The token to judge, good or bad, or null. **Errors** `cookie_ambiguous`, `input_invalid`. */
  async of(request: HttpRequest): Promise<string | null> {
    // A body is written on purpose, a cookie rides along.
    const inBody = this.inBody(request);
    if (inBody !== null || this.options.refreshTokenIn === 'body') return inBody;
    const found = await this.inCookie(request);
    request.refreshCookieName = found?.name;
    return found?.value ?? null;
  }

  /** Every token that was sent, the first to be judged first. **Errors** `input_invalid`. */
  allOf(request: HttpRequest): string[] {
    const inBody = this.inBody(request);
    return [...(inBody === null ? [] : [inBody]), ...this.cookie.read(request)];
  }

  /**
   * What a sign-in is to know of the browser that it comes from: the sessions that its cookies prove, and how it is
   * given the new one.
   *
   * A cookie counts if we signed it, of whatever name, age and generation. One that a refresh would call reused does
   * too: its session ends either way, and an honest browser that crashed brings one as well as a thief does.
   */
  before({ refresh, protection }: SentCookies): SignedInBefore {
    const lookupIds = refresh.flatMap(({ value }) => this.verification.lookupIdOf(value) ?? []);
    return { lookupIds: [...new Set(lookupIds)], cookieProtection: protection };
  }

  private inBody(request: HttpRequest): string | null {
    if (this.options.refreshTokenIn === 'cookie') return null;
    return (readInput(request) as RefreshTokenInBody).refreshToken ?? null;
  }

  /**
   * Chooses among the cookies that were sent: the one that verifies counts, and of several the one whose session is
   * alive. Only then is the database asked.
   *
   * A name with less protection than the one we would give now counts only for a session that was given out under such
   * a name: over http, or before there were prefixes. Taken for any session, what a sibling
   * sub-domain plants would sign its victim in as somebody else. Of two living sessions the better protected counts;
   * two of one protection are refused: one of them was planted, and we cannot tell which.
   *
   * **Errors** `cookie_ambiguous`. **Source** RFC 6265 §8.6 (weak integrity of cookies).
   */
  async inCookie(request: HttpRequest): Promise<SentCookie | undefined> {
    const sent = this.cookie.sent(request);
    const [first] = sent;
    if (!first) return undefined;
    const least = this.cookie.protectionFor(request);
    const isProtected = ({ protection }: SentCookie) => protection >= least;
    if (sent.length === 1 && isProtected(first)) return first;

    const candidates = this.candidatesOf(sent);
    const [only] = candidates;
    if (only && candidates.length === 1 && isProtected(only)) return only;
    const living = await this.sessions.living(candidates.map(({ subject }) => subject.lookupId));
    const alive = candidates.filter((each) => {
      const session = living.get(each.subject.lookupId);
      return session !== undefined && (isProtected(each) || each.protection >= session.cookieProtection);
    });
    const [best, next] = alive.sort((a, b) => b.protection - a.protection);
    if (best && next?.protection === best.protection) throw new TokenjarError('cookie_ambiguous');
    return best ?? candidates.find(isProtected) ?? sent.find(isProtected);
  }

  /** Those that verify, one for each session: the newest token, with the best of the names that it came under. */
  private candidatesOf(sent: readonly SentCookie[]): Candidate[] {
    const bySession = new Map<string, Candidate>();
    for (const each of sent) {
      const subject = this.tryVerify(each.value);
      const known = subject && bySession.get(subject.lookupId);
      if (!subject || (known && !isNewer(subject, known.subject))) continue;
      const { name, protection } = known ?? each;
      bySession.set(subject.lookupId, { value: each.value, subject, name, protection });
    }
    return [...bySession.values()];
  }

  private tryVerify(token: string): RefreshSubject | undefined {
    const now = this.clock.now();
    try {
      return this.tokens.recall(token, now) ?? this.tokens.verify(token, now);
    } catch (error) {
      if (error instanceof TokenjarError) return undefined;
      throw error;
    }
  }
}

const isNewer = (one: RefreshSubject, other: RefreshSubject): boolean =>
  one.generation > other.generation || (one.generation === other.generation && one.issuedAt > other.issuedAt);
