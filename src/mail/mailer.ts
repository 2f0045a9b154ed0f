import type { EmailKind } from './email.js';

/** An email ready to be sent, in the language of its reader. */
export interface OutgoingEmail {
  /** The same at every attempt: it becomes the Message-ID, by which a mailbox can recognise a duplicate. */
  readonly id: string;
  readonly kind: EmailKind;
  /** The only recipient. */
  readonly to: string;
  /** A single line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  /** The BCP 47 tag of its language. */
  readonly language: string;
  /** The address that it links to, which is also in its text. */
  readonly link: string | undefined;
}

/**
 * How emails are sent: over SMTP, into a directory or to the log, according to the settings, unless a host supplies its
 * own (`mailer` of `TokenjarModule.forRoot`). It is provided under this class, which a host's test may override.
 *
 * Emails come from the outbox, after the commit of the change they are about: at least once, and again after a failure.
 */
export abstract class Mailer {
  /**
   * Sends an email.
   *
   * @param signal aborts after 18 seconds, and when the app is closed.
   * @throws any error: this email is retried for three days. `SendingError` says how far the attempt got, and so whether
   * others have to wait too. An attempt that does not end soon after the signal counts as one with an unknown outcome.
   */
  abstract send(email: OutgoingEmail, signal: AbortSignal): Promise<void>;
}
