import { randomUUID } from 'node:crypto';
import { messageOf, type SenderOptions, transportTo } from './own-mailers.js';

/** Connects to the mail server and signs in there, and sends nothing. @throws what nodemailer reports. */
export async function connectToMailServer(smtpUrl: string): Promise<void> {
  const transport = await transportTo(smtpUrl);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

/** Sends an email that says that emails arrive. @throws what nodemailer reports. */
export async function sendTestEmail(smtpUrl: string, options: SenderOptions, to: string): Promise<void> {
  const email = {
    id: randomUUID(),
    to,
    subject: `Test email of ${options.siteName}`,
    text: 'This email was sent by "tokenjar doctor": the mail server of this site works.\n',
    html: undefined,
    language: 'en',
  };
  const transport = await transportTo(smtpUrl);
  await transport.sendMail(messageOf(email, options));
}
