// The long form of the tests that are long by nature; what is named after it narrows them down.
import { spawnSync } from 'node:child_process';

const only = process.argv.slice(2);
const paths = only.length > 0 ? only : ['test/fuzz/requests', 'test/torture/torture'];
const { status } = spawnSync('npm', ['test', '--', ...paths, '--selectProjects', 'postgres'], {
  stdio: 'inherit',
  env: { ...process.env, TEST_LONG: '1' },
});
process.exit(status ?? 1);
