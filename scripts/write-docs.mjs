// Writes what is generated: into the project, or below the folder that is given.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renderErrors, renderOpenApi, renderSettings } from './render-docs.mjs';

const root = process.argv[2] ?? '.';
const pages = {
  'docs/settings.md': renderSettings(),
  'docs/errors.md': renderErrors(),
  'openapi.json': await renderOpenApi(),
};
for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
