// The long form of the tests that are long by nature; what is named after it narrows them down.
import { spawnSync } from 'node:child_process';
import { LONG_ONLY } from '../test/runner/long-only.mjs';

const only = process.argv.slice(2);
const LONG = [
  ...LONG_ONLY.map((name) => `test/${name}`),
  'test/fuzz/requests',
  'test/openapi/every-operation',
  'test/openapi/refusals',
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
  'test/model/honest-browser',
  'test/accounts/new-password',
  'test/attacks/jwt',
  'test/browser/below-a-path',
  'test/browser/examples',
  'test/browser/libraries',
  'test/browser/admin',
  'test/start/workers',
  'test/availability/rolling-restarts',
  'test/availability/failover',
  'test/database/migrations-under-load',
  'test/start/doctor',
  'test/start/serve',
  'test/statements',
  'test/breakages/breakages',
];
const paths = only.length > 0 ? only : LONG;
const { status } = spawnSync('npm', ['test', '--', ...paths, '--selectProjects', 'postgres'], {
  stdio: 'inherit',
  env: { ...process.env, TEST_LONG: '1' },
});
process.exit(status ?? 1);
