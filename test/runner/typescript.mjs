// Lets Node import the sources and tests as they are written. Used as `node --import ./test/runner/typescript.mjs`.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.mjs', import.meta.url);
