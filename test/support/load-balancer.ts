import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../torture/postgres.js';
import { eventually } from './eventually.js';

/** A load balancer in front of several instances, as an operator would set it up. */
export interface LoadBalancer {
  url: string;
  /** Whether it sends requests to every instance. */
  usesAll(): Promise<boolean>;
  /** Its log. */
  said(): string;
  stop(): Promise<void>;
}

/** Asks every instance for `/health/ready`, as docs/operations.md has it. */
export async function startHaproxy(program: string, ports: readonly number[]): Promise<LoadBalancer> {
  const statsPort = await freePort();
  const servers = ports.map((port) => `  server tokenjar-${port} 127.0.0.1:${port} check`);
  const balancer = await start(program, ['-db', '-f'], (port) => [
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout client 30s',
    '  timeout server 30s',
    '  timeout check 2s',
    '  option redispatch',
    '  default-server inter 500ms fall 2 rise 1',
    'frontend public',
    `  bind 127.0.0.1:${port}`,
    '  option forwardfor',
    '  default_backend tokenjar',
    'backend tokenjar',
    '  option httpchk GET /health/ready',
    ...servers,
    'frontend statistics',
    `  bind 127.0.0.1:${statsPort}`,
    '  stats enable',
    '  stats uri /',
  ]);
  return {
    ...balancer,
    async usesAll() {
      const lines = (await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text()).split('\n');
      return lines.filter((line) => /^tokenjar,tokenjar-\d+,.*,UP,/.test(line)).length === ports.length;
    },
  };
}

/** It cannot ask for health; an instance that refuses a connection is passed over. */
export async function startNginx(program: string, ports: readonly number[]): Promise<LoadBalancer> {
  const balancer = await start(program, ['-g', 'daemon off;', '-c'], (port, directory) => [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `pid ${directory}/pid;`,
    'error_log stderr;',
    'events {}',
    'http {',
    'access_log off;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${directory}/${kind};`,
    ),
    'upstream tokenjar {',
    ...ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`),
    'keepalive 16;',
    '}',
    'server {',
    `listen 127.0.0.1:${port};`,
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'location / { proxy_pass http://tokenjar; }',
    '}',
    '}',
  ]);
  return { ...balancer, usesAll: () => Promise.resolve(true) };
}

async function start(
  program: string,
  args: string[],
  configuration: (port: number, directory: string) => string[],
): Promise<Omit<LoadBalancer, 'usesAll'>> {
  const directory = mkdtempSync(join(tmpdir(), 'tokenjar-balancer-'));
  const port = await freePort();
  const file = join(directory, 'configuration');
  writeFileSync(file, `${configuration(port, directory).join('\n')}\n`);
  const child = spawn(program, [...args, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const listens = () => hasListener(port);
  if (!(await eventually(listens, (yes) => yes || child.exitCode !== null, 10_000)))
    throw new Error(`${program} does not start: ${said}`);
  return {
    url: `http://127.0.0.1:${port}`,
    said: () => said,
    async stop() {
      await end(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const hasListener = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
