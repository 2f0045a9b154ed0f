// Builds, unless the build is newer than everything it is made of.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const sources = [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'scripts/make-seed.mjs',
  'scripts/bundle-server.mjs',
  'client/package.json',
  'client/build.mjs',
  'web/package.json',
  'web/index.html',
  'web/vite.config.ts',
  ...['src', 'client/src', 'web/src'].flatMap((directory) =>
    readdirSync(directory, { recursive: true }).map((name) => join(directory, name)),
  ),
];
// The last thing that is built.
const built = changedAt('dist/page/index.html');

if (built <= Math.max(...sources.map(changedAt))) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', shell: true });
  // What imports this goes on after a build.
  if (status !== 0) process.exit(status ?? 1);
}
