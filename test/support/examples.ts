import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { FrontSettings } from './front.js';
import { ROOT } from './server-process.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/**
 * The built page of an example, for a front server, below `/<name>/`. React renders everything twice, as it does for
 * developers.
 */
export async function pageOf(name: string, directory: string): Promise<NonNullable<FrontSettings['files']>> {
  const out = join(directory, name);
  await promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/vite/bin/vite.js'),
      ...['build', '--base', `/${name}/`, '--outDir', out, '--mode', 'development', '--logLevel', 'warn'],
    ],
    { cwd: join(ROOT, 'examples', name), env: { ...process.env, NODE_ENV: 'development' } },
  );
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const files: NonNullable<FrontSettings['files']> = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = `/${name}/${relative(out, file)}`.replace(/index\.html$/, '');
    files[path] = { type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
  }
  return files;
}

/** An example that is a server, started as its README says; it writes its address. */
export async function startExample(
  file: string,
  environment: Record<string, string>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [resolve(ROOT, 'examples', file)], {
    env: { PATH: process.env.PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.startsWith('http')) resolve(line);
    });
    child.on('exit', (code) => {
      reject(new Error(`${file} ended with ${code}`));
    });
  });
  return {
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
