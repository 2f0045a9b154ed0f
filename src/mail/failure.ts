/** How far an attempt came: the connection was not ready; it was, and the e-mail not wholly handed over; or it was. */
export type Stage = 'connection' | 'envelope' | 'content';

/** An attempt that failed, and how far it came. */
export class SendingError extends Error {
  constructor(
    readonly stage: Stage,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What a failure means for the e-mail and for those behind it. */
export interface Verdict {
  /**
   * Whose trouble it is. `recipient`: this address takes no e-mail, now or ever. `domain`: others of the recipient's
   * domain may fare alike. `relay`: nobody is sent anything until the mail server works.
   */
  about: 'recipient' | 'domain' | 'relay';
  /** It would be refused again. */
  isFinal: boolean;
  /** The mail server had the whole e-mail and did not say what became of it. */
  isUnconfirmed: boolean;
  /** The sender is not welcome at the moment: asking again at once makes it worse. */
  isAboutSender: boolean;
}

const LATER: Verdict = { about: 'domain', isFinal: false, isUnconfirmed: false, isAboutSender: false };

/**
 * Judges a failure of a mailer.
 *
 * Only what is surely about the recipient is final. A quota, a reputation or a policy passes, or the operator mends it;
 * so does anything that is not understood: to try for three days costs less than an e-mail that never comes.
 *
 * **Source** RFC 5321 §4.2; RFC 3463 §3 for the enhanced status codes.
 */
export function judgeFailure(error: unknown): Verdict {
  const { stage, cause } =
    error instanceof SendingError ? error : { stage: 'connection' as const, cause: error };
  const { responseCode = 0, response = '', command = '', code } = cause as SmtpFailure;
  // nodemailer would not put this address on the wire.
  if (code === 'EENVELOPE' && command === 'API') return { ...LATER, about: 'recipient', isFinal: true };
  if (stage === 'connection' || /^MAIL/.test(command)) return { ...LATER, about: 'relay' };
  if (responseCode === 0) return { ...LATER, isUnconfirmed: stage === 'content' };
  if (responseCode < 500) return LATER;
  return isAboutRecipient(responseCode, response, command)
    ? { ...LATER, about: 'recipient', isFinal: true }
    : { ...LATER, isAboutSender: true };
}

/** What nodemailer says of a failure. */
interface SmtpFailure {
  responseCode?: number;
  response?: string;
  command?: string;
  code?: string;
}

/** Codes that speak of an address or a mailbox; X.1.7 and X.1.8 are about the sender's. */
const ABOUT_RECIPIENT = /^5\.(1\.(?![78]$)|2\.)/;
/** Words of refusals without an enhanced code that are about the sender, whatever their number. */
const ABOUT_SENDER =
  /quota|limit|\brate\b|too many|reputation|block|black|spam|polic|denied|not allowed|sender|authenticat|spf|dkim|dmarc|unsolicited|suspicious|unusual|relay|helo|ehlo|\bptr\b|reverse/i;

function isAboutRecipient(responseCode: number, response: string, command: string): boolean {
  const [, status] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  // Exchange Online says 5.4.1 for an address that nobody has.
  if (status === '5.4.1') return /recipient address rejected/i.test(response);
  if (status !== undefined) return ABOUT_RECIPIENT.test(status);
  return command.startsWith('RCPT') && [550, 551, 553].includes(responseCode) && !ABOUT_SENDER.test(response);
}

/** What went wrong, for the log and the operator, in one line and without addresses. */
export function describeFailure(error: unknown): string {
  const { message = String(error), code } = (error instanceof SendingError ? error.cause : error) as {
    message?: string;
    code?: string;
  };
  const line = message.replace(/\s+/g, ' ').replace(/[^\s<>"'=:,;()]+@[^\s<>"'=:,;()]+/g, '…@…');
  return `${code === undefined ? '' : `${code}: `}${line}`.slice(0, 300);
}
