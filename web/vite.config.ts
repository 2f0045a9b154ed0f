import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const client = (file: string) => new URL(`../client/src/${file}.ts`, import.meta.url).pathname;

/** Puts `.br` and `.gz` beside each asset: the server compresses nothing while it runs. */
const precompressed: Plugin = {
  name: 'precompressed',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (fileName.endsWith('.html')) continue;
        const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source);
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        const both = { br: brotliCompressSync(bytes, { params }), gz: gzipSync(bytes, { level: 9 }) };
        for (const [ending, source] of Object.entries(both))
          this.emitFile({ type: 'asset', fileName: `${fileName}.${ending}`, source });
      }
    },
  },
};

/** The page goes into the server's own build, `dist/page`. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [precompressed],
  resolve: {
    alias: [
      { find: /^@tokenjar\/client$/, replacement: client('index') },
      { find: /^@tokenjar\/client\/account$/, replacement: client('account') },
      { find: /^@tokenjar\/client\/factors$/, replacement: client('factors') },
      { find: /^@tokenjar\/client\/providers$/, replacement: client('providers') },
      { find: /^@tokenjar\/client\/step-up$/, replacement: client('step-up') },
      { find: /^@tokenjar\/client\/acting$/, replacement: client('acting') },
      { find: /^@tokenjar\/client\/dialects$/, replacement: client('dialects') },
      { find: /^@tokenjar\/client\/quiet$/, replacement: client('quiet') },
    ],
  },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    license: { fileName: 'assets/licences.md' },
  },
  logLevel: 'warn',
  // npm run dev -w web: the page from its sources, with the server behind it.
  server: { proxy: { '/auth': 'http://localhost:3000' } },
});
