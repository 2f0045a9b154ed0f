import { emailsStay, warningsFor } from '../../config/check.js';
import type { Options } from '../../config/options.js';
import { type Finding, Findings } from './finding.js';

/** What would stop a start, and what it would warn of. */
export function checkSettings(options: Options, problems: readonly string[]): Finding[] {
  const findings = new Findings('settings');
  for (const problem of problems) findings.error(problem, cureOf(problem));
  if (problems.length === 0)
    for (const warning of warningsFor(options).filter((each) => !each.startsWith('SECRET_KEY')))
      findings.warning(
        warning,
        'Change the setting, or accept the risk: docs/settings.md has its description.',
      );
  return findings.all;
}

/** Emails that nobody gets, in production. */
export function checkEmailsAreSent(options: Options): Finding[] {
  const findings = new Findings('mail');
  const stay = options.production ? emailsStay(options) : undefined;
  if (stay !== undefined) findings.warning(stay, 'Set SMTP_URL to your mail server, and FRONTEND_URL.');
  return findings.all;
}

function cureOf(problem: string): string {
  const [name = ''] = problem.split(':');
  if (problem.includes('is not a setting')) return `Rename ${name}, or remove it.`;
  if (name.endsWith('_FILE'))
    return `Let ${name} name a file that the server can read, or set the value itself.`;
  if (name.startsWith('SECRET_KEY')) return 'Make one with: openssl rand -base64 48';
  return `Correct ${name}: docs/settings.md#${name.toLowerCase()} says what it accepts.`;
}
