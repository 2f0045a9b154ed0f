import { once } from 'node:events';
import { rmSync } from 'node:fs';

export default async function stopPostgres() {
  const started = globalThis.__POSTGRES__;
  if (!started) return;
  const ended = once(started.server, 'exit');
  started.server.kill('SIGINT');
  await ended;
  rmSync(started.home, { recursive: true, force: true });
}
