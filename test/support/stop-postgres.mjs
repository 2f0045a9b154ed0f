import { once } from 'node:events';
import { rmSync } from 'node:fs';

export default async function stopPostgres() {
  const started = globalThis.__POSTGRES__;
  if (!started) return;
  const ended = once(started.server, 'exit');
  started.server.kill('SIGINT');
  await ended;
  for (const path of started.directories) rmSync(path, { recursive: true, force: true });
}
