import { Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { SentCookies } from '../http/cookies.js';
import type { SentCookie } from '../http/own-cookie.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { Sessions } from '../users/sessions/sessions.js';
import type { SignedInBefore } from '../users/sessions/signed-in-before.js';
import { TokenVerification } from './token-verification.js';

/** The refresh cookies of a request. */
type RefreshCookies = Pick<SentCookies, 'refresh' | 'protection'>;

/** What the cookies of a request say about one session. */
interface Candidate extends SentCookie {
  subject: RefreshSubject;
}

/** Determines the sessions of the refresh cookies in a request. */
@Injectable()
export class PresentedSessions {
  constructor(
    private readonly verification: TokenVerification,
    private readonly sessions: Sessions,
  ) {}

  /**
   * What a sign-in needs to know about the browser: the sessions proven by its cookies, and the protection of the
   * cookie it will get.
   *
   * A cookie counts if we signed it, whatever its name, age and generation. Even one that a refresh would treat as
   * reused counts: the session ends either way, and an honest browser may send one after a crash.
   */
  before({ refresh, protection }: RefreshCookies): SignedInBefore {
    const proven = refresh.flatMap(({ value }) => this.verification.identify(value) ?? []);
    const lookupIds = proven.map(({ lookupId }) => lookupId);
    const userIds = proven.map(({ userId }) => userId);
    return {
      lookupIds: [...new Set(lookupIds)],
      userIds: [...new Set(userIds)],
      cookieProtection: protection,
    };
  }

  /** The tokens of one user, of sessions alive or not, in cookies that we signed and would accept. */
  tokensOf(userId: number, { refresh, protection }: RefreshCookies): RefreshSubject[] {
    return refresh.flatMap((sent) => {
      const subject = sent.protection >= protection ? this.verification.identify(sent.value) : undefined;
      return subject?.userId === userId ? [subject] : [];
    });
  }

  /**
   * Chooses among the cookies that were sent: the one that verifies, and of several the one whose session is alive. The
   * database is only queried in the latter case.
   *
   * A name with less protection than the one we would use now only counts for a session whose cookie was issued under
   * such a name: over http, or before there were prefixes. Otherwise a cookie planted by a sibling subdomain could sign
   * its victim in as somebody else. Of two live sessions the better protected one counts. If both have the same
   * protection, the request is refused: one of them was planted, and we cannot tell which.
   *
   * **Errors** `cookie_ambiguous`. **Source** RFC 6265 §8.6 (weak integrity of cookies).
   */
  async choose({ refresh: sent, protection: least }: RefreshCookies): Promise<SentCookie | undefined> {
    const isProtected = ({ protection }: SentCookie) => protection >= least;
    const candidates = this.candidatesOf(sent);
    const [only] = candidates;
    if (only && candidates.length === 1 && isProtected(only)) return only;
    const living = await this.sessions.living(candidates.map(({ subject }) => subject));
    const alive = candidates.filter((each) => {
      const session = living.get(each.subject.lookupId);
      return session !== undefined && (isProtected(each) || each.protection >= session.cookieProtection);
    });
    const [best, next] = alive.sort((a, b) => b.protection - a.protection);
    if (best && next?.protection === best.protection) throw new TokenjarError('cookie_ambiguous');
    return best ?? candidates.find(isProtected) ?? this.legacyAmong(sent) ?? sent.find(isProtected);
  }

  /**
   * The one of the site that users came from: its name was not protected. **Errors** `cookie_ambiguous`, as one of two was
   * planted.
   */
  private legacyAmong(sent: readonly SentCookie[]): SentCookie | undefined {
    const [first, ...others] = sent.filter(({ value }) => this.verification.isLegacyRefresh(value));
    if (first && others.some(({ value }) => value !== first.value))
      throw new TokenjarError('cookie_ambiguous');
    return first;
  }

  /** Those that verify, one per session: the newest token, with the best protected name that it was sent under. */
  private candidatesOf(sent: readonly SentCookie[]): Candidate[] {
    const bySession = new Map<string, Candidate>();
    for (const each of sent) {
      const subject = this.verification.tryRefresh(each.value);
      const known = subject && bySession.get(subject.lookupId);
      if (!subject || (known && !isNewer(subject, known.subject))) continue;
      const { name, protection } = known ?? each;
      bySession.set(subject.lookupId, { value: each.value, subject, name, protection });
    }
    return [...bySession.values()];
  }
}

const isNewer = (one: RefreshSubject, other: RefreshSubject): boolean =>
  one.generation > other.generation || (one.generation === other.generation && one.issuedAt > other.issuedAt);
