import type { TokenjarInput } from '../../src/tokenjar.module.js';
import type { Authenticator, CreationOptions, Lies, RequestOptions } from './authenticator.js';
import type { Answer, Browser } from './browser.js';

/** What came with a request for options. */
export interface Asked {
  answer: Answer;
  options: CreationOptions & RequestOptions;
  /** What goes back with the answer, in the words of the wire; nothing where the cookie has it. */
  token: Record<string, unknown>;
}

/** The operations of passkeys, in the words of a dialect. */
export class PasskeyWire {
  readonly isDjango: boolean;
  readonly isEnvelope: boolean;

  constructor(settings: Pick<TokenjarInput, 'dialect'> = {}) {
    this.isDjango = settings.dialect?.startsWith('django') ?? false;
    this.isEnvelope = settings.dialect === 'envelope';
  }

  creationOptions(browser: Browser): Promise<Asked> {
    return this.ask(
      browser,
      this.isDjango ? '/auth/passkeys/register/begin/' : '/auth/factors/passkeys/options',
      {},
    );
  }

  /** For whoever has a passkey, or for the login that a token names. */
  loginOptions(browser: Browser, token: Record<string, unknown> = {}): Promise<Asked> {
    const path = this.isDjango ? '/auth/passkeys/login/begin/' : '/auth/login/options';
    return this.ask(browser, path, { ...(!this.isDjango && { method: 'passkey' }), ...token });
  }

  /** Adds a passkey to the account that a browser is signed in to. */
  async add(
    browser: Browser,
    authenticator: Authenticator,
    { name, lies }: { name?: string; lies?: Lies } = {},
  ) {
    const { options } = await this.creationOptions(browser);
    return this.send(browser, authenticator.create(options, lies), name);
  }

  send(browser: Browser, credential: unknown, name?: string): Promise<Answer> {
    const path = this.isDjango ? '/auth/passkeys/register/complete/' : '/auth/factors/passkeys';
    return browser.post(path, { credential, ...(name !== undefined && { name }) });
  }

  /** Signs in with a passkey alone. */
  async signIn(browser: Browser, authenticator: Authenticator, lies?: Lies): Promise<Answer> {
    const { options, token } = await this.loginOptions(browser);
    return this.login(browser, authenticator.get(options, lies), token);
  }

  login(browser: Browser, credential: unknown, token: Record<string, unknown> = {}): Promise<Answer> {
    const path = this.isDjango ? '/auth/passkeys/login/complete/' : '/auth/login/passkey';
    return browser.post(path, { credential, ...token });
  }

  /** Goes on with a login, by a passkey. */
  async second(
    browser: Browser,
    authenticator: Authenticator,
    token: Record<string, unknown> = {},
    lies?: Lies,
  ): Promise<Answer> {
    const { options } = await this.loginOptions(browser, token);
    const credential = authenticator.get(options, lies);
    return browser.post('/auth/login/second-factor', { method: 'passkey', credential, ...token });
  }

  /** What names the login that lacks a step, where no cookie does. */
  pendingIn({ body }: Answer): Record<string, unknown> {
    const { ephemeral_token, login_token } = body;
    if (ephemeral_token !== undefined) return { ephemeral_token };
    return login_token === undefined ? {} : { login_token };
  }

  /** The access token of an answer. */
  accessIn({ body }: Answer): string | undefined {
    const { access_token, access, token } = body as Record<string, string> & { token?: { access: string } };
    return access_token ?? access ?? token?.access;
  }

  /** The code of a refusal, where the dialect has one. */
  codeIn({ body }: Answer): unknown {
    return this.isEnvelope ? body.error : body.code;
  }

  private async ask(browser: Browser, path: string, json: object): Promise<Asked> {
    const answer = await browser.post(path, json);
    const inner = (this.isEnvelope ? answer.body.result : answer.body) as Record<string, unknown> | undefined;
    const options = (this.isDjango ? inner : inner?.public_key) as Asked['options'];
    const secret = this.isDjango ? inner?.session_id : inner?.login_token;
    const token = secret === undefined ? {} : { [this.isDjango ? 'session_id' : 'login_token']: secret };
    return { answer, options, token };
  }
}
