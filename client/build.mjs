// Bundles the client, writes its types, and says how large it is.
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

process.chdir(import.meta.dirname);
await rm('dist', { recursive: true, force: true });
// Each entry is whole: a page that needs no other dialect loads one file.
for (const name of ['index', 'dialects']) {
  const bundle = await rolldown({ input: `src/${name}.ts`, tsconfig: 'tsconfig.json' });
  await bundle.write({ file: `dist/${name}.js`, minify: true, sourcemap: true });
  await bundle.close();
}
const { status } = spawnSync('tsc -p tsconfig.build.json', { stdio: 'inherit', shell: true });
if (status !== 0) process.exit(status ?? 1);

const size = gzipSync(await readFile('dist/index.js'), { level: 9 }).length;
console.log(`@tokenjar/client: ${size} bytes, minified and gzipped`);
