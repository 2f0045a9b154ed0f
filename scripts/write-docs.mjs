// Writes what is generated: into the project, or below the directory that is given.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  renderClientReference,
  renderClientTypes,
  renderErrors,
  renderEvents,
  renderHostReference,
  renderMetrics,
  renderOpenApi,
  renderSettings,
} from './render-docs.mjs';
import { readFace } from './api-face.mjs';

const root = process.argv[2] ?? '.';
const documents = {};
for (const dialect of ['standard', 'django', 'django-legacy', 'envelope'])
  documents[dialect] = await renderOpenApi(dialect);

const pages = {
  'docs/settings.md': renderSettings(),
  'docs/errors.md': renderErrors(),
  'docs/events.md': renderEvents(),
  'docs/metrics.md': renderMetrics(),
  'docs/client.md': await renderClientReference(),
  'docs/host-reference.md': await renderHostReference(),
  'docs/api-report.md': readFace('dist').report,
  'openapi.json': documents.standard,
  'docs/openapi/django.json': documents.django,
  'docs/openapi/django-legacy.json': documents['django-legacy'],
  'docs/openapi/envelope.json': documents.envelope,
  'test/openapi/client-types/generated/standard.d.ts': await renderClientTypes(documents.standard),
  'test/openapi/client-types/generated/django.d.ts': await renderClientTypes(documents.django),
};
for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
