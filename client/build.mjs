// Bundles the client, writes its types, and refuses what is larger than promised.
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

process.chdir(import.meta.dirname);
await rm('dist', { recursive: true, force: true });
/** Each entry, and what it may weigh. **Unit** bytes, minified and gzipped. */
const ENTRIES = { index: 3000, dialects: 1000, account: 1500, react: 1000, quiet: 500 };
/** Names of properties that our modules use among themselves: nobody outside sees them. */
const OWN_NAMES = /^(accept|alone|bearer|callOff|controller|forget|header|isHeld|released|tell|wake)$/;
const minify = { compress: true, mangle: true, codegen: true, mangleProps: { include: OWN_NAMES } };
for (const [name, limit] of Object.entries(ENTRIES)) {
  const bundle = await rolldown({
    input: `src/${name}.ts`,
    tsconfig: 'tsconfig.json',
    // A page that needs no other dialect loads one file; there is one class of errors for all.
    external: name === 'index' ? [] : ['./index.js', 'react'],
  });
  await bundle.write({ file: `dist/${name}.js`, minify, comments: false, sourcemap: true });
  await bundle.close();
  // Where its source map is, no bundler hands on.
  const code = (await readFile(`dist/${name}.js`, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*/, '');
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`@tokenjar/client ${name}: ${size} bytes of ${limit}, minified and gzipped`);
  if (size > limit) throw new Error(`@tokenjar/client ${name}: ${size} bytes are more than ${limit}`);
}
const { status } = spawnSync('tsc -p tsconfig.build.json', { stdio: 'inherit', shell: true });
if (status !== 0) process.exit(status ?? 1);
