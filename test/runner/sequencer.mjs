// The order of the test files: as jest's, but those that take much longer than their size shows come first, so that none
// runs alone at the end. Jest itself knows the times of files only where it has run them before.
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** They start processes, or many apps. */
const LONG = [
  'start/starting-and-stopping',
  'torture/torture',
  'openapi/every-operation',
  'flows/step-up',
  'fuzz/requests',
  'start/first-start',
  'embed/another-nest',
  'browser/account-page',
  'limits/credential-stuffing',
  'model/honest-browser',
  'browser/below-a-path',
  'start/bad-settings',
  'database/migrate',
  'accounts/new-password',
  'browser/second-factors',
  'openapi/refusals',
  'start/workers',
  'start/clocks-that-are-off',
  'start/command-line',
  'docs',
  'swagger/swagger-ui',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) =>
      LONG.findIndex((name) => path.endsWith(`/test/${name}.test.ts`)) + 1 || Infinity;
    return super.sort(tests).sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  }
}
