// Starts Tokenjar and the built app, and signs people in through it: node trial.mjs [path to Tokenjar's main.js]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = process.argv[2] ?? '../../dist/main.js';
const data = await mkdtemp(join(tmpdir(), 'tokenjar-example-'));
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
};
const [api, app] = [await freePort(), await freePort()];
const children = [];
const start = (path, env) => {
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env.PATH, ...env },
    stdio: 'inherit',
  });
  children.push(child);
};
start(main, {
  PORT: String(api),
  HOST: '127.0.0.1',
  DATA_DIR: data,
  MAIL_DIR: join(data, 'mail'),
  SECRET_KEY: 'a secret of the example, thirty-two bytes and more',
  TRUSTED_PROXIES: 'loopback',
});
// The app itself stands behind a proxy that ends TLS and names the client.
start('build/index.js', {
  PORT: String(app),
  HOST: '127.0.0.1',
  ORIGIN: 'https://app.example.com',
  ADDRESS_HEADER: 'x-forwarded-for',
  TOKENJAR_URL: `http://127.0.0.1:${api}`,
});

const PASSWORD = 'violet umbrella on the ninth bicycle';
const SITE = 'https://app.example.com';
/** A browser behind the proxy: an address, and cookies by name. */
class Visitor {
  cookies = new Map();
  constructor(address) {
    this.address = address;
  }
  async send(path, form) {
    const answer = await fetch(`http://127.0.0.1:${app}${path}`, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        'x-forwarded-for': this.address,
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '),
        accept: form ? 'application/json' : 'text/html',
        ...(form && { origin: SITE, 'x-sveltekit-action': 'true' }),
      },
      body: form && new URLSearchParams(form),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer.text();
  }
  login = (email, password) => this.send('/?/login', { email, password });
  logout = () => this.send('/?/logout', { now: '1' });
}
const direct = async (path, body, token) => {
  const answer = await fetch(`http://127.0.0.1:${api}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  return answer.json();
};

try {
  for (const port of [api, app])
    for (let i = 0; ; i++) {
      try {
        await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': '127.0.0.1' } });
        break;
      } catch (error) {
        if (i === 300) throw error;
        await new Promise((done) => setTimeout(done, 100));
      }
    }
  const [ada, bob] = ['ada@example.com', 'bob@example.com'];
  const { access_token: token } = await direct('/auth/registration', { email: ada, password: PASSWORD });
  await direct('/auth/registration', { email: bob, password: PASSWORD });

  // A sign-in, seen as the browser's: its address, its cookies, as over https.
  const home = new Visitor('203.0.113.7');
  assert.match(await home.login(ada, PASSWORD), /success/);
  assert.deepEqual([...home.cookies.keys()].sort(), ['__Host-known_device', '__Host-refresh_token']);
  assert.match(await home.send('/'), /Signed in as ada@example\.com/);
  const addresses = async () => (await direct('/auth/sessions', undefined, token)).map(({ ip }) => ip);
  assert.ok((await addresses()).includes('203.0.113.7'), 'the session has the address of the browser');

  // The device is known the second time: no notice, and no lock of its own.
  const news = async () => {
    const events = await direct('/auth/activity', undefined, token);
    return events.filter(({ reason }) => reason === 'new_device').length;
  };
  const before = await news();
  assert.equal(before, 1);
  assert.match(await home.login(ada, PASSWORD), /success/);
  assert.equal(await news(), before, 'a known device is not new');

  // Wrong passwords of one visitor lock out nobody else behind the same server.
  const thief = new Visitor('198.51.100.9');
  let last = '';
  for (let i = 0; i < 31; i++) last = await thief.login(`nobody${i}@example.com`, 'wrong');
  assert.match(last, /rate_limited/);
  assert.match(await new Visitor('203.0.113.8').login(bob, PASSWORD), /success/);

  // Signing out ends the session and clears the cookie that the browser has.
  const held = home.cookies.get('__Host-refresh_token');
  assert.match(await home.logout(), /success/);
  assert.ok(!home.cookies.has('__Host-refresh_token'));
  home.cookies.set('__Host-refresh_token', held);
  assert.doesNotMatch(await home.send('/'), /Signed in/);
  console.log('all as it should be');
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  await rm(data, { recursive: true, force: true });
}
