import { rmSync } from 'node:fs';

export default function removeEmbedded() {
  if (process.env.TEST_EMBEDDED) rmSync(process.env.TEST_EMBEDDED, { recursive: true, force: true });
}
