import { createHmac, randomUUID } from 'node:crypto';

/** One request of a scenario. */
export interface Step {
  send: [method: string, path: string];
  json?: unknown;
  form?: Record<string, string>;
  body?: string;
  headers?: Record<string, string>;
  /** Instead of what the jar holds. */
  cookies?: Record<string, string>;
  jar?: string;
  /** Told apart from the step before, where the request is the same. */
  note?: string;
  /** Only prepares: what it answers is compared with nothing. */
  silent?: boolean;
  save?: (answer: Answer, saved: Saved) => void;
}

export type Saved = Partial<Record<'access' | 'refresh', string>>;
export type Claims = Record<string, unknown>;

export interface Context {
  mint: (claims: Claims, forged?: { key?: string; header?: Claims }) => string;
  claims: (token: string | undefined) => Claims;
  unique: () => string;
  /** **Unit** seconds since 1970. */
  now: () => number;
  saved: Saved;
}

export interface Scenario {
  name: string;
  steps(this: void, context: Context): Generator<Step>;
}

type Cookie = { name: string; value: string } & Record<string, string | true>;

export interface Answer {
  status: number;
  body: unknown;
  cookies: Cookie[];
  wwwAuthenticate: string | null;
}

/** A server to play against. */
export interface Stage {
  url: string;
  secretKey: string;
  now: () => Date;
}

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs claims by hand, as whoever has the key could. */
export function mint(claims: Claims, key: string, header: Claims = { alg: 'HS256', typ: 'JWT' }): string {
  const text = `${b64(header)}.${b64(claims)}`;
  const bits = /^HS(\d+)$/.exec(String(header.alg))?.[1];
  return `${text}.${bits ? createHmac(`sha${bits}`, key).update(text).digest('base64url') : ''}`;
}

export const claimsOf = (token = ''): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;

/** Plays a scenario and gives what was answered, without what two honest servers may differ in. */
export async function play({ steps }: Scenario, { url, secretKey, now }: Stage): Promise<unknown[]> {
  const jars: Record<string, Record<string, string>> = {};
  const saved: Saved = {};
  const answers: unknown[] = [];
  const context: Context = {
    mint: (claims, { key = secretKey, header } = {}) => mint(claims, key, header),
    claims: claimsOf,
    unique: () => `${randomUUID().slice(0, 12)}@example.com`,
    now: () => Math.floor(now().getTime() / 1000),
    saved,
  };
  for (const step of steps(context)) {
    const answer = await send(url, step, (jars[step.jar ?? 'main'] ??= {}));
    step.save?.(answer, saved);
    if (!step.silent) answers.push(shown(step, answer));
    else if (answer.status >= 400) throw new Error(`${step.send.join(' ')} answered ${answer.status}`);
  }
  return answers;
}

async function send(url: string, step: Step, jar: Record<string, string>): Promise<Answer> {
  const [method, path] = step.send;
  const cookies = Object.entries(step.cookies ?? jar).map(([name, value]) => `${name}=${value}`);
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(step.json !== undefined && { 'content-type': 'application/json' }),
      ...(step.form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
      ...step.headers,
    },
    ...(method !== 'GET' && { body: bodyOf(step) }),
  });
  const text = await response.text();
  const set = response.headers.getSetCookie().map(parseCookie);
  for (const { name, value } of set)
    if (value === '') delete jar[name];
    else jar[name] = value;
  return {
    status: response.status,
    body: text === '' ? null : (JSON.parse(text) as unknown),
    cookies: set,
    wwwAuthenticate: response.headers.get('www-authenticate'),
  };
}

function bodyOf({ json, form, body }: Step): string | undefined {
  if (json !== undefined) return JSON.stringify(json);
  return form ? new URLSearchParams(form).toString() : body;
}

function parseCookie(line: string): Cookie {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const cookie: Cookie = { name: pair.slice(0, at), value: pair.slice(at + 1).replace(/^"|"$/g, '') };
  for (const attribute of attributes) {
    const [name = '', value = true] = attribute.split('=');
    cookie[name.toLowerCase()] = value;
  }
  return cookie;
}

const shown = ({ send, note }: Step, { status, body, cookies, wwwAuthenticate }: Answer) => ({
  request: `${send.join(' ')}${note ? ` (${note})` : ''}`,
  status,
  body: normalised(body),
  ...(cookies.length > 0 && { cookies: cookies.map(shownCookie) }),
  ...(wwwAuthenticate !== null && { wwwAuthenticate }),
});

function shownCookie({ name, value, ...attributes }: Cookie): object {
  if (value === '') return { name, cleared: true, path: attributes.path, samesite: attributes.samesite };
  delete attributes.expires;
  return { name, value: normalised(value), ...attributes };
}

/** Token bytes, ids, addresses and times are another every time. */
function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, key === 'pk' ? '<pk>' : normalised(each)]),
    );
  if (typeof value !== 'string') return value;
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) {
    const { token_type: type, exp, iat } = claimsOf(value);
    return `<${String(type)} token, ${Number(exp) - Number(iat)} s>`;
  }
  return value
    .replace(/[0-9a-f-]{12}@example\.com/gi, '<email>')
    .replace(/^(JSON parse error - ).*/, '$1<parser text>');
}
