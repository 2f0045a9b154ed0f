// The long form of the tests that are long by nature; what is named after it narrows them down.
import { spawnSync } from 'node:child_process';

const only = process.argv.slice(2);
const LONG = [
  'test/fuzz/requests',
  'test/openapi/every-operation',
  'test/openapi/refusals',
  'test/openapi/lint',
  'test/openapi/user-ids',
  'test/openapi/sign-in-names',
  'test/openapi/client-types',
  'test/flows/step-up',
  'test/flows/a-second-step',
  'test/flows/keys-rotate',
  'test/keys/key-states',
  'test/browser/account-page',
  'test/torture/torture',
  'test/start/starting-and-stopping',
  'test/start/bad-settings',
  'test/start/first-start',
  'test/embed/another-nest',
  'test/embed/by-the-guide',
  'test/embed/apps-to-copy',
  'test/model/honest-browser',
  'test/accounts/new-password',
  'test/attacks/jwt',
  'test/limits/credential-stuffing',
  'test/start/command-line',
  'test/browser/below-a-path',
  'test/browser/examples',
  'test/browser/libraries',
  'test/browser/admin',
  'test/browser/scanners',
  'test/browser/second-factors',
  'test/flows/revoked-while-cut-off',
  'test/start/clocks-that-are-off',
  'test/start/workers',
  'test/availability/rolling-restarts',
  'test/availability/failover',
  'test/database/migrations-under-load',
  'test/start/doctor',
  'test/start/serve',
  'test/start/embedded-data',
  'test/statements',
  'test/breakages/breakages',
];
const paths = only.length > 0 ? only : LONG;
const { status } = spawnSync('npm', ['test', '--', ...paths, '--selectProjects', 'postgres'], {
  stdio: 'inherit',
  env: { ...process.env, TEST_LONG: '1' },
});
process.exit(status ?? 1);
