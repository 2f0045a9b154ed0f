import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What wrk sends; see `load.lua`. */
export interface Load {
  url: URL;
  path: string;
  /** Connections. Each of those that keep a cookie has its own thread. */
  clients: number;
  seconds: number;
  kind: 'fixed' | 'chain' | 'login' | 'day';
  method?: 'GET' | 'POST';
  body?: string;
  headers?: Record<string, string>;
  /** The expected statuses; only 200 by default. */
  expect?: readonly number[];
  /** Files and numbers that `load.lua` reads. */
  more?: Record<string, string>;
}

export interface Measured {
  perSecond: number;
  ok: number;
  /** Responses that set a different cookie. */
  changed: number;
  /** **Unit** milliseconds. */
  p50: number;
  p99: number;
}

/** Runs wrk in a separate process. @throws if any response was unexpected: refused requests are not throughput. */
export async function run(load: Load): Promise<Measured> {
  const { url, path, clients, seconds, kind, method = 'POST', body = '{}', headers = {}, expect } = load;
  const threads = kind === 'chain' || kind === 'day' ? clients : 2;
  const wrk = spawn(
    'wrk',
    [
      '-t',
      `${threads}`,
      '-c',
      `${clients}`,
      '-d',
      `${seconds}`,
      '--timeout',
      '15s',
      '-s',
      'bench/load.lua',
      url.origin,
    ],
    {
      env: {
        PATH: process.env.PATH,
        KIND: kind,
        PATH_TO_ASK: path,
        METHOD: method,
        BODY: body,
        HEADERS: Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}`)
          .join('|'),
        ...(expect && { EXPECT: expect.join(' ') }),
        ...load.more,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  wrk.stdout.on('data', (data: Buffer) => (said += data.toString()));
  await once(wrk, 'close');
  const [, result] = /^RESULT (.*)$/m.exec(said) ?? [];
  if (!result) throw new Error(`wrk said nothing of use (is it installed?): ${said}`);
  const measured = JSON.parse(result) as Measured & { bad: number; lost: string; sample: string };
  if (measured.bad > 0 || /[1-9]/.test(measured.lost))
    throw new Error(
      `${load.path}: ${measured.bad} answers were wrong, lost were ${measured.lost}: ${measured.sample}`,
    );
  return measured;
}
