import { readLeniently } from '../config/env.js';
import { checkCookies, checkOrigins } from './doctor/browser-checks.js';
import { checkDatabase } from './doctor/database-check.js';
import type { Finding } from './doctor/finding.js';
import { readMachine } from './doctor/machine.js';
import { checkDisk, checkHashing } from './doctor/machine-checks.js';
import { checkMail } from './doctor/mail-check.js';
import { checkProxy } from './doctor/proxy-check.js';
import { checkSecretKey } from './doctor/secret-key-check.js';
import { checkEmailsAreSent, checkSettings } from './doctor/settings-check.js';

/** What doctor asks beside what it finds by itself. */
export interface DoctorQuestions {
  /** The address of the server as browsers know it. */
  url?: string | undefined;
  /** Where to send a test email. */
  testMail?: string | undefined;
}

/** Examines the settings and what they lead to, and changes nothing. */
export async function doctor(
  { url, testMail }: DoctorQuestions,
  isJson: boolean,
): Promise<{ hasErrors: boolean; text: string }> {
  const { options, problems } = readLeniently();
  const findings: Finding[] = [
    ...checkSettings(options, problems),
    ...(await checkSecretKey(options)).filter(
      ({ message }) => !problems.some((each) => isSame(each, message)),
    ),
    ...checkCookies(options),
    ...checkOrigins(options),
    ...checkHashing(options, await readMachine()),
    ...(await checkDisk(options)),
    ...(await checkDatabase(options)),
    ...checkEmailsAreSent(options),
    ...(await checkMail(options, testMail)),
    ...(url === undefined ? [] : await checkProxy(url, options)),
  ];
  return {
    hasErrors: findings.some(({ level }) => level === 'error'),
    text: isJson ? JSON.stringify({ findings }) : textOf(findings),
  };
}

/** `SECRET_KEY: is shorter than 32 bytes`, which a start says as well. */
const isSame = (problem: string, message: string): boolean => problem.startsWith(message);

const textOf = (findings: readonly Finding[]): string =>
  findings.length === 0
    ? 'Nothing was found to be wrong.'
    : findings
        .map(({ check, level, message, cure }) => `${level}  ${check}  ${message}\n  → ${cure}`)
        .join('\n');
