// Bundles an example for a browser, as an app's bundler does, with the built client: bundle.mjs <entry> <file>
import { rolldown } from 'rolldown';

const [input, file] = process.argv.slice(2);
const bundle = await rolldown({
  input,
  platform: 'browser',
  tsconfig: false,
  transform: { define: { 'process.env.NODE_ENV': '"development"' } },
});
await bundle.write({ file });
await bundle.close();
