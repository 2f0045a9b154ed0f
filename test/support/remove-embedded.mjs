// Removes what the tests of the embedded database left behind. Before, if all of them ran: did every SQL statement of the
// product run there?
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { declaredStatements } from './statements.mjs';

/** For a login with two further steps, one after the other, which no part of the product asks for. */
const NEVER_SENT = /'pending_login_go_on'$/;

export default function removeEmbedded({ testPathPatterns, testNamePattern }) {
  const directory = process.env.TEST_EMBEDDED;
  if (!directory) return;
  const sent = readdirSync(directory)
    .filter((name) => name.startsWith('statements-'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line));
  rmSync(directory, { recursive: true, force: true });
  if (testNamePattern || testPathPatterns.isSet()) return;
  const missing = declaredStatements().filter(
    ({ at, pattern }) => !NEVER_SENT.test(at) && !sent.some((text) => pattern.test(text)),
  );
  if (missing.length > 0)
    throw new Error(
      `No test sends these statements to the embedded database; name one that does in jest.config.mjs:\n${missing.map(({ at }) => at).join('\n')}`,
    );
}
