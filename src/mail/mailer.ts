import type { EmailKind } from './email.js';

/** An email as it leaves: written out, in the language of its reader. */
export interface OutgoingEmail {
  /** The same at every attempt: a Message-ID made of it lets a mailbox tell an email that came twice. */
  readonly id: string;
  readonly kind: EmailKind;
  /** The one address it goes to. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string | undefined;
  /** BCP 47 tag of the language that it is written in. */
  readonly language: string;
  /** The address that it leads to, which stands in its text too. */
  readonly link: string | undefined;
}

/**
 * How emails leave: over SMTP, into a directory or to the log, as the settings say, unless a host gives its own
 * (`mailer` of `TokenjarModule.forRoot`). It is provided under this class, which a test of a host may override.
 *
 * Emails come from the outbox, after the commit of what they tell: at least once, and again after a failure.
 */
export abstract class Mailer {
  /**
   * @param signal aborts after 18 seconds, and when the app is closed.
   * @throws whatever went wrong: it is tried again, for three days. `SendingError` says how far the attempt came, and so
   * whether this recipient or everybody has to wait.
   */
  abstract send(email: OutgoingEmail, signal: AbortSignal): Promise<void>;
}
