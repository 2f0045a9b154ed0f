import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const LOG_LINES = join(import.meta.dirname, '../../src/server/log-lines.ts');

/** What a process says whose last words these are. */
function saidBy(words: string): Record<string, unknown>[] {
  const code = `import { LogLines } from ${JSON.stringify(LOG_LINES)};
    const lines = new LogLines();
    const request = (status) => lines.request({ request_id: 'a"b', operation: 'live', status, duration_ms: 1 });
    ${words}`;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    encoding: 'utf8',
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a process that ends, or fails, has said everything, in its order', () => {
  const words = `for (let status = 0; status < 40; status++) request(status);
    lines.say('warn', { context: 'Purge' }, 'late');
    request(40);`;
  for (const last of ['process.exit(0)', "throw new Error('a bug')"]) {
    const said = saidBy(`${words} ${last}`);
    expect(said.map(({ status, message }) => status ?? message)).toEqual([
      ...Array.from({ length: 40 }, (_, status) => status),
      'late',
      40,
    ]);
    expect(said.at(-1)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: expect.any(Number),
      request_id: 'a"b',
      operation: 'live',
      status: 40,
      duration_ms: 1,
    });
  }
});

test('whatever is not a request is written at once, with the requests before it', () => {
  const said = saidBy(`request(200); lines.say('warn', {}, 'late'); process.kill(process.pid, 'SIGKILL')`);
  expect(said.map(({ status, message }) => status ?? message)).toEqual([200, 'late']);
});
