import type { Options } from '../../config/options.js';
import { describeFailure } from '../../mail/failure.js';
import { connectToMailServer, sendTestEmail } from '../../mail/mail-probe.js';
import { type Finding, Findings, isThisMachine } from './finding.js';

/** Whether the mail server lets us in; with `to`, it also gets an email. */
export async function checkMail(options: Options, to: string | undefined): Promise<Finding[]> {
  const findings = new Findings('mail');
  const { smtpUrl } = options;
  if (smtpUrl === undefined) {
    if (to !== undefined)
      findings.error(
        'a test email was asked for, and SMTP_URL is not set',
        'Set SMTP_URL to your mail server.',
      );
    return findings.all;
  }
  const { protocol, hostname, searchParams } = new URL(smtpUrl);
  const isEncrypted = protocol === 'smtps:' || searchParams.get('requireTLS') === 'true';
  if (!isEncrypted && !isThisMachine(hostname) && hostname.includes('.'))
    findings.warning(
      'SMTP_URL: does not demand TLS, so somebody in between can read emails and the links in them',
      'Use smtps://, or add ?requireTLS=true.',
    );
  try {
    if (to === undefined) await connectToMailServer(smtpUrl);
    else await sendTestEmail(smtpUrl, options, to);
  } catch (error) {
    const isRefused = (error as { code?: unknown }).code === 'EAUTH';
    findings.error(
      `SMTP_URL: ${isRefused ? 'the mail server refuses the user or the password' : to === undefined ? 'the mail server cannot be used' : 'the test email was not sent'}: ${describeFailure(error)}`,
      isRefused
        ? 'Correct user and password in SMTP_URL; write %40 for @ and %2F for / in them.'
        : 'Correct SMTP_URL and MAIL_FROM, or let this machine reach the mail server.',
    );
  }
  return findings.all;
}
