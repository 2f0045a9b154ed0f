import { afterAll, expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { longTest } from '../support/long.js';
import { ROOT } from '../support/server-process.js';

const FILES =
  'src client web scripts package.json package-lock.json tsconfig.json tsconfig.build.json nest-cli.json';

const directory = await mkdtemp(join(tmpdir(), 'tokenjar-first-start-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

longTest(
  'npm start in a fresh checkout builds, and then serves',
  async () => {
    for (const name of FILES.split(' '))
      await cp(join(ROOT, name), join(directory, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const child = spawn('npm', ['start'], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0' },
    });
    const ended = once(child, 'exit');
    let said = '';
    const listening = new Promise<string>((resolve) => {
      const note = (part: Buffer) => {
        said += part.toString();
        const [, url] = /listens on (http:\/\/localhost:\d+)/.exec(said) ?? [];
        if (url) resolve(url);
      };
      child.stdout.on('data', note);
      child.stderr.on('data', note);
      void ended.then(() => resolve('nowhere'));
    });
    try {
      const url = await listening;
      expect([url, said]).toEqual([expect.stringMatching(/^http/), said]);
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  },
  200_000,
);
