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

/** What the cookies of a request say of one session. */
interface Candidate extends SentCookie {
  subject: RefreshSubject;
}

/** Which sessions the refresh cookies of a request are of. */
@Injectable()
export class PresentedSessions {
  constructor(
    private readonly verification: TokenVerification,
    private readonly sessions: Sessions,
  ) {}

  /**
   * What a sign-in is to know of the browser that it comes from: the sessions that its cookies prove, and how it is
   * given the new one.
   *
   * A cookie counts if we signed it, of whatever name, age and generation. One that a refresh would call reused does
   * too: its session ends either way, and an honest browser that crashed brings one as well as a thief does.
   */
  before({ refresh, protection }: RefreshCookies): SignedInBefore {
    const lookupIds = refresh.flatMap(({ value }) => this.verification.identify(value)?.lookupId ?? []);
    return { lookupIds: [...new Set(lookupIds)], cookieProtection: protection };
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
  async choose({ refresh: sent, protection: least }: RefreshCookies): Promise<SentCookie | undefined> {
    const isProtected = ({ protection }: SentCookie) => protection >= least;
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
