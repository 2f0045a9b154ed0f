/** How far an attempt got: not connected; connected, but the email not completely transferred; or transferred. */
export type SendingStage = 'connection' | 'envelope' | 'content';

/** A failed attempt, and how far it got. */
export class SendingError extends Error {
  constructor(
    readonly stage: SendingStage,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What a failure means for the email and for the emails after it. */
export interface Verdict {
  /**
   * What the failure is about. `recipient`: this address accepts no emails, permanently. `domain`: other addresses of the
   * domain may fail too. `relay`: nothing can be sent until the mail server works. `email`: nobody can tell; others are
   * not held up.
   */
  about: 'recipient' | 'domain' | 'relay' | 'email';
  /** Another attempt would fail as well. */
  isFinal: boolean;
  /** The mail server had received the whole email and did not report the result. */
  isUnconfirmed: boolean;
  /** The sender is refused at the moment: an immediate retry makes it worse. */
  isAboutSender: boolean;
}

const LATER: Verdict = { about: 'domain', isFinal: false, isUnconfirmed: false, isAboutSender: false };

/**
 * Classifies a failure of a mailer.
 *
 * Only a failure that is certainly about the recipient is final. A quota, a reputation or a policy is temporary, or can be
 * fixed by the operator. Unknown failures count as temporary: retrying for three days is better than losing an email.
 *
 * **Source** RFC 5321 §4.2; RFC 3463 §3 for the enhanced status codes.
 */
export function judgeFailure(error: unknown): Verdict {
  // A mailer of a host throws whatever it likes, often about one email: a template, an address, a size.
  if (!(error instanceof SendingError)) return { ...LATER, about: 'email' };
  const { stage, cause } = error;
  const { responseCode = 0, response = '', command = '', code } = (cause ?? {}) as SmtpFailure;
  // nodemailer refuses to send to this address.
  if (code === 'EENVELOPE' && command === 'API') return { ...LATER, about: 'recipient', isFinal: true };
  if (stage === 'connection' || /^MAIL/.test(command)) return { ...LATER, about: 'relay' };
  if (responseCode === 0) return { ...LATER, isUnconfirmed: stage === 'content' };
  if (responseCode < 500) return LATER;
  return isAboutRecipient(responseCode, response, command)
    ? { ...LATER, about: 'recipient', isFinal: true }
    : { ...LATER, isAboutSender: true };
}

/** A failure as reported by nodemailer. */
interface SmtpFailure {
  responseCode?: number;
  response?: string;
  command?: string;
  code?: string;
}

/** Status codes about an address or a mailbox; X.1.7 and X.1.8 are about the sender's. */
const ABOUT_RECIPIENT = /^5\.(1\.(?![78]$)|2\.)/;
/** Words in responses without an enhanced status code that are about the sender, whatever the code. */
const ABOUT_SENDER =
  /quota|limit|\brate\b|too many|reputation|block|black|spam|polic|denied|not allowed|sender|authenticat|spf|dkim|dmarc|unsolicited|suspicious|unusual|relay|helo|ehlo|\bptr\b|reverse/i;

function isAboutRecipient(responseCode: number, response: string, command: string): boolean {
  const [, status] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  // Exchange Online uses 5.4.1 for unknown addresses.
  if (status === '5.4.1') return /recipient address rejected/i.test(response);
  if (status !== undefined) return ABOUT_RECIPIENT.test(status);
  return command.startsWith('RCPT') && [550, 551, 553].includes(responseCode) && !ABOUT_SENDER.test(response);
}

/** The failure in one line without addresses, for the log and the operator. */
export function describeFailure(error: unknown): string {
  const cause = error instanceof SendingError ? error.cause : error;
  const { message = String(cause), code } = (cause ?? {}) as { message?: unknown; code?: unknown };
  const line = String(message)
    .replace(/\s+/g, ' ')
    .replace(/[^\s<>"'=:,;()]+@[^\s<>"'=:,;()]+/g, '…@…');
  return `${typeof code === 'string' || typeof code === 'number' ? `${code}: ` : ''}${line}`.slice(0, 300);
}
