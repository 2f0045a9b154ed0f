import { CookieJar } from 'tough-cookie';
import { noteSecrets } from './logged-secrets.js';

/** The password of every user, except in tests about passwords. It is one that is quickly estimated: without words. */
export const PASSWORD = 'vkqzjxwpfhgbdmtr';

/** A parsed response. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed if it is JSON, otherwise undefined. */
  body: Record<string, unknown>;
  text: string;
  setCookie: string[];
}

interface Send {
  json?: unknown;
  form?: Record<string, string>;
  /** Sent unchanged. */
  body?: string | Uint8Array;
  headers?: Record<string, string>;
  /** Replaces the cookies in the jar. */
  cookie?: string;
}

/** A client with a real cookie jar that remembers its access token. */
export class Browser {
  readonly jar = new CookieJar();
  accessToken: string | undefined;

  constructor(readonly base: string) {}

  get = (path: string, send?: Send) => this.send('GET', path, send);
  post = (path: string, json?: unknown, send?: Send) => this.send('POST', path, { json, ...send });
  patch = (path: string, json?: unknown, send?: Send) => this.send('PATCH', path, { json, ...send });
  delete = (path: string, json?: unknown, send?: Send) => this.send('DELETE', path, { json, ...send });

  login = (email: string, password = PASSWORD) => this.post('/auth/login', { email, password });
  refresh = () => this.post('/auth/token/refresh');

  async send(
    method: string,
    path: string,
    { json, form, body, headers = {}, cookie }: Send = {},
  ): Promise<Answer> {
    const url = this.base + path;
    const cookies = cookie ?? (await this.jar.getCookieString(url));
    noteSecrets(this.base, {
      cookies: cookies.split('; '),
      authorization: this.accessToken ?? headers.authorization,
      body: json ?? form,
    });
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(cookies && { cookie: cookies }),
        ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
        ...headers,
      },
      body:
        json !== undefined
          ? JSON.stringify(json)
          : form
            ? new URLSearchParams(form).toString()
            : (body as BodyInit),
    });
    const text = await response.text();
    const setCookie = response.headers.getSetCookie();
    // Cookies that it must not accept are dropped, as in browsers.
    for (const line of setCookie) await this.jar.setCookie(line, url, { ignoreError: true });
    const parsed = (
      response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
    ) as Answer['body'];
    noteSecrets(this.base, { cookies: setCookie, body: parsed });
    if (typeof parsed?.access_token === 'string') this.accessToken = parsed.access_token;
    return { status: response.status, headers: response.headers, body: parsed, text, setCookie };
  }

  /** The value of the refresh cookie in the jar. */
  async refreshCookie(): Promise<string | undefined> {
    const cookies = await this.jar.getCookies(this.base);
    return cookies.find(({ key }) => key.endsWith('refresh_token'))?.value;
  }

  async setRefreshCookie(value: string): Promise<void> {
    await this.jar.setCookie(`refresh_token=${value}; Path=/; HttpOnly`, this.base);
  }

  /** Another holder of the same cookies: a tab, or a thief. */
  async copy(): Promise<Browser> {
    const copy = new Browser(this.base);
    const cookie = await this.refreshCookie();
    if (cookie !== undefined) await copy.setRefreshCookie(cookie);
    return copy;
  }
}

/** The attributes of a Set-Cookie line. */
export function attributesOf(line: string): Record<string, string | true> {
  return Object.fromEntries(
    line.split(';').map((part, i) => {
      const [name = '', value] = part.trim().split('=');
      return [i === 0 ? 'name' : name.toLowerCase(), i === 0 ? name : (value ?? true)];
    }),
  );
}
