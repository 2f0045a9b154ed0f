import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { build, ROOT } from '../support/server-process.js';

test('the built client is imported and made where there is no document, asks nothing, and lets the process end', async () => {
  await build();
  const script = `
    globalThis.fetch = () => { throw new Error('asked'); };
    const { createAuth } = await import('@tokenjar/client');
    const { django } = await import('@tokenjar/client/dialects');
    const auth = createAuth({ baseUrl: 'https://id.example.com/auth', dialect: django });
    const end = auth.onChange(() => console.log('told'));
    console.log(JSON.stringify([auth.user, auth.expiresIn, await auth.ready(), await auth.accessToken()]));
    end();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    timeout: 20_000,
  });
  expect(stdout).toBe('[null,null,null,null]\n');
}, 240_000);
