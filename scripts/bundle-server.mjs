// Puts the two programs of the build into a few files, with the packages they use: a start reads ten files instead of
// 1,500 and takes half the time. The library stays as it was compiled, since a host brings Nest itself.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const DIST = join(import.meta.dirname, '../dist');
/** What has workers, assets or binaries beside its code, and what a host would bring. */
const OUTSIDE = [
  /^@node-rs\//,
  /^@electric-sql\//,
  /^piscina$/,
  /^@fastify\/static$/,
  /^swagger-ui/,
  /^@nestjs\/platform-express$/,
];
/** What Nest can do without, and only the tests install. */
const FOR_TESTS_ONLY = /^(@nestjs\/(microservices|websockets)|class-(validator|transformer))(\/|$)/;
const ABSENT = '\0absent';
const OTHER_DRIVERS =
  /\/typeorm\/driver\/(aurora-mysql|better-sqlite3|capacitor|cockroachdb|cordova|expo|mongodb|mysql|nativescript|oracle|react-native|sap|spanner|sqlite-abstract|sqljs|sqlserver)\//;

const bundle = await rolldown({
  input: { main: join(DIST, 'main.js'), cli: join(DIST, 'cli.js') },
  platform: 'node',
  external: OUTSIDE,
  checks: { eval: false },
  plugins: [
    {
      name: 'packages-that-are-not-installed',
      // Nest and TypeORM ask for what they can do without.
      async resolveId(id, importer, { kind }) {
        if (!importer || /^[./]/.test(id)) return null;
        if (FOR_TESTS_ONLY.test(id)) return ABSENT;
        return (await this.resolve(id, importer, { kind, skipSelf: true })) ?? { id, external: true };
      },
      load: (id) =>
        id === ABSENT
          ? "throw Object.assign(new Error('not installed'), { code: 'MODULE_NOT_FOUND' });"
          : null,
    },
    {
      name: 'one-typeorm',
      // It asks the installed TypeORM, at run time, for names that TypeORM 1 does not have any more: a second one would be loaded.
      load: (id) =>
        id.endsWith('/@nestjs/typeorm/dist/common/typeorm-compat.js')
          ? 'export const Connection = undefined, AbstractRepository = undefined;'
          : null,
    },
    {
      name: 'typeorm-for-postgresql',
      // Its drivers for other databases are a tenth of what a start compiles and keeps. Their names have to stay.
      load: (id) =>
        OTHER_DRIVERS.test(id)
          ? Array.from(
              new Set([...readFileSync(id, 'utf8').matchAll(/^exports\.(\w+) =/gm)].map(([, name]) => name)),
              (name) => `exports.${name} = class {};`,
            ).join('\n')
          : null,
    },
    {
      name: 'pg-without-fetch',
      // Where there is no `navigator` (Node 20), pg makes a Response to find out whether it runs at Cloudflare, which
      // loads all of fetch: 5 % of a start.
      transform: (code, id) =>
        id.endsWith('/pg/lib/stream.js') ? replaced(code, "typeof Response === 'function'", 'false') : null,
    },
    {
      name: 'own-place',
      // A module finds the files beside it, also where it has become a part of a larger one.
      transform: (code, id) =>
        id.startsWith(DIST)
          ? code.replaceAll('import.meta.url', `new URL('./${relative(DIST, id)}', import.meta.url).href`)
          : null,
    },
  ],
});
const { output } = await bundle.write({
  dir: DIST,
  chunkFileNames: '[name].bundle.js',
  comments: false,
  // V8 keeps a source in one byte a character only if all of its characters fit. Lines and names stay, for stack traces.
  minify: { mangle: false, compress: false, codegen: { removeWhitespace: false, asciiOnly: true } },
});
await bundle.close();
// They are of what the compiler had written in their place.
for (const name of ['main', 'cli']) rmSync(join(DIST, `${name}.js.map`), { force: true });
writeFileSync(join(DIST, 'licenses.txt'), licensesOf(output.flatMap(({ moduleIds }) => moduleIds ?? [])));

/** @throws if the text is not there any more. */
function replaced(code, text, by) {
  if (!code.includes(text)) throw new Error(`not found: ${text}`);
  return code.replace(text, by);
}

/** What the licences of the packages ask to be kept with their code. */
function licensesOf(modules) {
  const directories = modules.map((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]);
  return [...new Set(directories)]
    .filter((directory) => directory !== undefined)
    .sort()
    .map((directory) => {
      const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
      const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim());
      return [`${name} ${version} (${license})`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`);
}
