import { accessSync, constants, mkdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { SendMailOptions } from 'nodemailer';
import { sendsEmails, SettingsError } from '../config/check.js';
import type { Options } from '../config/options.js';
import { SendingError, type SendingStage } from './failure.js';
import { frontendOf } from './links.js';
import { Mailer, type OutgoingEmail } from './mailer.js';

/** Loaded with the first email. */
const library = () => import('nodemailer');

/** The mailer chosen by the settings: a mail server, a directory, or the log; none if no emails are sent. */
export function mailerFor(options: Options): Mailer | undefined {
  if (!sendsEmails(options)) return undefined;
  if (options.smtpUrl !== undefined) return new SmtpMailer(options.smtpUrl, options);
  if (options.mailDir !== undefined) {
    admitFiles(options.mailDir);
    return new FileMailer(options.mailDir, options);
  }
  return new LogMailer();
}

/** Makes the directory, so that one that cannot take an email is told at start. @throws {SettingsError} */
function admitFiles(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SettingsError([`MAIL_DIR: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

export type SenderOptions = Pick<Options, 'mailFrom' | 'siteName' | 'frontendUrl' | 'publicUrl' | 'port'>;

/** Addresses are passed as objects, never parsed from text, so no name or address can add another one. */
export function messageOf(
  email: Omit<OutgoingEmail, 'kind' | 'link'>,
  options: SenderOptions,
): SendMailOptions {
  const { hostname } = new URL(frontendOf(options));
  return {
    from: senderOf(options, hostname),
    to: { name: '', address: email.to },
    subject: email.subject,
    text: email.text,
    ...(email.html !== undefined && { html: email.html }),
    // The same at every attempt, so that a mailbox can recognise a duplicate.
    messageId: `<${email.id}@${hostname.replace(/[[\]]/g, '')}>`,
    headers: {
      // RFC 3834 §5: suppresses automatic replies.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': email.language,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function senderOf({ mailFrom, siteName }: SenderOptions, hostname: string) {
  const [, name, address] = /^([^<]*)<([^>]+)>$/.exec(mailFrom ?? '') ?? [];
  if (address !== undefined) return { name: name?.trim() ?? '', address };
  return { name: siteName, address: mailFrom ?? `no-reply@${hostname}` };
}

/** A connection to a mail server, which does not wait long. */
export const transportTo = async (url: string) =>
  (await library()).createTransport({
    url,
    connectionTimeout: 5000,
    greetingTimeout: 5000,
    dnsTimeout: 5000,
    socketTimeout: 10_000,
  });

/** Sends over SMTP. **Source** RFC 5321. */
class SmtpMailer extends Mailer {
  constructor(
    private readonly url: string,
    private readonly options: SenderOptions,
  ) {
    super();
  }

  /** @throws {SendingError} */
  async send(email: OutgoingEmail, signal: AbortSignal): Promise<void> {
    let stage: SendingStage = 'connection';
    const transport = await transportTo(this.url);
    // nodemailer requests the message when the connection is ready, and reads it after the server has agreed to accept
    // it.
    transport.use('stream', ({ message }, done) => {
      const read = message.createReadStream.bind(message);
      message.createReadStream = (...options) => {
        stage = 'envelope';
        const whole = read(...options);
        return Readable.from(
          noted(whole, () => (stage = 'content')),
          { objectMode: false },
        );
      };
      done();
    });
    try {
      await transport.sendMail({ ...messageOf(email, this.options), signal });
    } catch (error) {
      throw new SendingError(stage, error);
    } finally {
      // With `pool=true` in the address its connections would stay open, and the process alive.
      transport.close();
    }
  }
}

/** A stream that reports when it has been read completely. */
async function* noted(stream: Readable, isRead: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield chunk as Buffer;
  isRead();
}

/** Writes each email to a file of its own, atomically. **Shape** RFC 5322, mode 0600. */
class FileMailer extends Mailer {
  constructor(
    private readonly directory: string,
    private readonly options: SenderOptions,
  ) {
    super();
  }

  async send(email: OutgoingEmail): Promise<void> {
    const transport = (await library()).createTransport({ streamTransport: true, buffer: true });
    const { message } = await transport.sendMail(messageOf(email, this.options));
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const path = join(this.directory, `${email.id}-${email.kind}.eml`);
    await writeFile(`${path}.part`, message as Buffer, { mode: 0o600 });
    await rename(`${path}.part`, path);
  }
}

/** Prints emails to the log, including links. Never in production. */
class LogMailer extends Mailer {
  private readonly logger = new Logger('Tokenjar');

  send({ to, subject, text, link }: OutgoingEmail): Promise<void> {
    const said = link ?? text.split('\n\n').slice(0, -1).join(' ');
    this.logger.log(`Email to ${to}: "${subject}" ${said}`);
    return Promise.resolve();
  }
}
