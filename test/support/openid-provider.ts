import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { CookieJar } from 'tough-cookie';

/** An account at the provider. */
export interface AccountThere {
  email?: string;
  email_verified?: boolean;
}

/** A real OpenID provider, with pages to sign in and to consent. */
export interface OpenIdProvider {
  issuer: string;
  accounts: Map<string, AccountThere>;
  close(): Promise<void>;
}

export const CLIENT = { clientId: 'tokenjar', clientSecret: 'a secret of the tests of providers' };

/** Starts a provider on loopback. @param redirectUris those that it knows of us. */
export async function startOpenIdProvider(redirectUris: string[]): Promise<OpenIdProvider> {
  const accounts = new Map<string, AccountThere>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: redirectUris,
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['a key of the tests'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...accounts.get(id) }),
    }),
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  return {
    issuer,
    accounts,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      // The system releases the port one turn later.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
    },
  };
}

/** Somebody's browser at a provider, who clicks through its pages. */
export class Visitor {
  private readonly jar = new CookieJar();

  /** Signs in and consents. @returns where the provider sends the browser. */
  async signIn(url: string, login: string): Promise<string> {
    return this.follow(url, (form, action) => {
      const fields = new URLSearchParams({ prompt: form.includes('name="login"') ? 'login' : 'consent' });
      if (form.includes('name="login"')) {
        fields.set('login', login);
        fields.set('password', 'anything');
      }
      return this.ask(action, fields);
    });
  }

  /** Presses "cancel". @returns where the provider sends the browser. */
  async cancel(url: string): Promise<string> {
    return this.follow(url, (_form, action) => this.ask(`${action}/abort`));
  }

  private async follow(
    url: string,
    submit: (form: string, action: string) => Promise<Response>,
  ): Promise<string> {
    const { origin } = new URL(url);
    let at = url;
    let response = await this.ask(at);
    for (let i = 0; i < 20; i++) {
      const location = response.headers.get('location');
      if (location !== null) {
        at = new URL(location, at).href;
        if (new URL(at).origin !== origin) return at;
        response = await this.ask(at);
      } else {
        const form = await response.text();
        const action = /action="([^"]+)"/.exec(form)?.[1];
        if (action === undefined)
          throw new Error(`a page without a form: ${response.status} ${form.slice(0, 400)}`);
        response = await submit(form, new URL(action, at).href);
      }
    }
    throw new Error('the provider sends in a circle');
  }

  private async ask(url: string, form?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: await this.jar.getCookieString(url) },
      ...(form && { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie())
      await this.jar.setCookie(line, url, { ignoreError: true });
    return response;
  }
}
