// Bundles the client, writes its types, and refuses what is larger than promised.
import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { minify } from 'terser';

process.chdir(import.meta.dirname);
await rm('dist', { recursive: true, force: true });
await mkdir('dist');
/** Each entry, and what it may weigh. **Unit** bytes, minified and gzipped. */
const ENTRIES = {
  index: 3000,
  dialects: 1000,
  account: 1500,
  factors: 2000,
  providers: 1500,
  'step-up': 600,
  acting: 1300,
  react: 1000,
  quiet: 500,
};
/** Names of properties that our modules use among themselves: nobody outside sees them. */
const OWN_NAMES = /^(accept|alone|bearer|callOff|controller|forget|header|isHeld|released|tell|wake)$/;
const compress = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
for (const [name, limit] of Object.entries(ENTRIES)) {
  const bundle = await rolldown({
    input: `src/${name}.ts`,
    tsconfig: 'tsconfig.json',
    // A page that needs no other dialect loads one file; there is one class of errors for all.
    external: name === 'index' ? [] : ['./index.js', 'react'],
  });
  const { output } = await bundle.generate({
    minify: { compress: true, mangle: false, codegen: true, mangleProps: { include: OWN_NAMES } },
    comments: false,
    sourcemap: true,
    file: `dist/${name}.js`,
  });
  await bundle.close();
  // Terser names by frequency, which gzip likes; rolldown joins the modules and shortens our properties.
  const { code, map } = await minify(output[0].code, {
    module: true,
    ecma: 2020,
    compress,
    sourceMap: { content: JSON.stringify(output[0].map), filename: `${name}.js`, includeSources: true },
  });
  const size = gzipSync(code, { level: 9 }).length;
  console.log(`@tokenjar/client ${name}: ${size} bytes of ${limit}, minified and gzipped`);
  if (size > limit) throw new Error(`@tokenjar/client ${name}: ${size} bytes are more than ${limit}`);
  // Where its source map is, no bundler hands on.
  await writeFile(`dist/${name}.js`, `${code}\n//# sourceMappingURL=${name}.js.map`);
  await writeFile(`dist/${name}.js.map`, map);
}
const { status } = spawnSync('tsc -p tsconfig.build.json', { stdio: 'inherit', shell: true });
if (status !== 0) process.exit(status ?? 1);
