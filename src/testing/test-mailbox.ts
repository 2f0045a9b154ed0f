import { EMAILS, type EmailKind } from '../mail/email.js';
import { Mailer, type OutgoingEmail } from '../mail/mailer.js';

/** Emails leave within a moment of the commit: whoever waits longer waits for one that does not come. **Unit** milliseconds. */
const LONGEST_WAIT = 10_000;

/** An email that was received. */
export interface ReceivedEmail extends OutgoingEmail {
  /** To be typed in by the reader; undefined for an email without one. */
  readonly code: string | undefined;
}

/** Whom an email is for, and of which kind it is. */
interface Sought {
  to: string;
  kind: EmailKind | undefined;
}

/** Receives the emails instead of a mail server. */
export class TestMailbox extends Mailer {
  /** All of them, in the order of their arrival. */
  readonly emails: ReceivedEmail[] = [];
  private readonly unread = new Set<ReceivedEmail>();
  private readonly waiting = new Set<Sought & { take: (email: ReceivedEmail) => void }>();

  override send(email: OutgoingEmail): Promise<void> {
    const received = { ...email, code: codeIn(email) };
    this.emails.push(received);
    const reader = [...this.waiting].find((each) => isSought(received, each));
    if (reader) reader.take(received);
    else this.unread.add(received);
    return Promise.resolve();
  }

  /**
   * The next email to an address that no test has taken, whether it is there already or arrives within ten seconds.
   *
   * @param kind such as `reset_password`; of any kind by default. @throws {Error} if none arrives.
   */
  next(to: string, kind?: EmailKind): Promise<ReceivedEmail> {
    const sought = { to: to.toLowerCase(), kind };
    for (const email of this.unread)
      if (isSought(email, sought)) {
        this.unread.delete(email);
        return Promise.resolve(email);
      }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(reader);
        const there = this.emails.map((each) => `${each.kind} to ${each.to}`).join(', ');
        reject(new Error(`no email ${kind ?? ''} to ${to} has arrived; there are: ${there || 'none'}`));
      }, LONGEST_WAIT);
      const reader = {
        ...sought,
        take: (email: ReceivedEmail) => {
          clearTimeout(timer);
          this.waiting.delete(reader);
          resolve(email);
        },
      };
      this.waiting.add(reader);
    });
  }
}

const isSought = (email: OutgoingEmail, { to, kind }: Sought): boolean =>
  email.to === to && (kind === undefined || email.kind === kind);

/** A line of its own in our texts, and somewhere in those of a host. */
function codeIn({ kind, text, link }: OutgoingEmail): string | undefined {
  if (!(EMAILS[kind] as readonly string[]).includes('code')) return undefined;
  return /(?<!\w)\d{6,8}(?!\w)/.exec(link === undefined ? text : text.replaceAll(link, ''))?.[0];
}
