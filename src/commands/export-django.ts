import { counted } from '../counted.js';
import type { FixtureChoices } from '../django/fixture.js';
import { fixtureLines, type FixtureReport } from '../django/fixture-lines.js';
import { CommandError } from './command-error.js';
import { exportInto, type Output } from './export.js';

/** Writes all accounts as a fixture that a Django site loads. */
export async function exportDjango(
  path: string,
  choices: FixtureChoices,
  output: Output,
  as?: string,
): Promise<void> {
  if (path !== '-' && !path.endsWith('.jsonl'))
    throw new CommandError(`${path}: has to end with .jsonl, by which loaddata knows the format`);
  const report: FixtureReport = { users: 0, named: 0, passwordsLeft: 0, factorsLeft: 0, identitiesLeft: 0 };
  await exportInto(
    path,
    'django',
    (run, progress) => fixtureLines(run, choices, report, progress),
    output,
    as,
  );
  for (const text of saidOf(report)) output.print(text);
}

function saidOf({ users, named, passwordsLeft, factorsLeft, identitiesLeft }: FixtureReport): string[] {
  const left: [count: number, text: string][] = [
    [named, 'have no username, and get their address or user-ID as one'],
    [passwordsLeft, 'have a password hash that Django does not read: they set a new one by email'],
    [factorsLeft, 'have second factors, which do not go: there the password alone signs them in'],
    [identitiesLeft, 'have linked accounts of providers, which do not go'],
  ];
  return [
    `${counted(users, 'user')}. Whoever has the file can try their passwords: keep it secret.`,
    ...left.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`),
  ];
}
