/** Where Tokenjar is; how browsers reach this server; the header in which a proxy in front names their address, if there is one. */
const { TOKENJAR_URL = 'http://localhost:3000', ORIGIN, ADDRESS_HEADER } = process.env;

/** Neither signed in nor signed out: Tokenjar cannot tell now. */
export class Unknown extends Error {
  /** When to ask again. **Unit** seconds. */
  retryAfter = '1';
}

/** One request of a browser, in whose name Tokenjar is asked. */
export class Visit {
  /** Lines for the browser, as Tokenjar wrote them. */
  setCookies = [];
  #origin;
  #headers;
  #gone = new AbortController();
  #refreshed;

  constructor(request, response) {
    this.#origin = new URL(ORIGIN ?? `http://${request.headers.host}`);
    this.#headers = {
      // Who asks: limits count this address, and the list of sessions shows it.
      'x-forwarded-for': request.headers[ADDRESS_HEADER] ?? request.socket.remoteAddress,
      // How the browser reached us: names of cookies, Secure and the check of the origin depend on it.
      'x-forwarded-proto': this.#origin.protocol.replace(':', ''),
      'x-forwarded-host': this.#origin.host,
    };
    // The refresh token, the known device, what the device is; the origin, so that a form of another site signs nobody in.
    for (const name of ['cookie', 'user-agent', 'accept-language', 'origin'])
      if (request.headers[name] !== undefined) this.#headers[name] = request.headers[name];
    // A browser that has left gets no cookie. Tokenjar drops a late refresh that nobody waits for.
    response.on('close', () => this.#gone.abort());
  }

  /**
   * Who is signed in, or null. Whatever renders a part of the page may ask: there is one refresh per page.
   *
   * @throws Unknown if that cannot be told. It must not be taken for null.
   */
  async user() {
    return (await this.#refresh())?.user ?? null;
  }

  /** What Tokenjar, or an API that accepts its tokens, answers to the signed-in user. */
  async get(path) {
    const { access_token: token } = (await this.#refresh()) ?? {};
    const { status, body } = await this.#ask('GET', path, undefined, token);
    if (status !== 200) throw new Unknown(`${path} answered ${status}`);
    return body;
  }

  /** @returns the code of a refusal, or undefined. */
  async signIn(email, password) {
    const { status, body } = await this.#ask('POST', '/auth/login', { email, password });
    return status === 200 ? undefined : (body.code ?? 'unreachable');
  }

  async signOut() {
    const { status, body } = await this.#ask('POST', '/auth/logout');
    return status === 204 ? undefined : (body.code ?? 'unreachable');
  }

  #refresh() {
    return (this.#refreshed ??= this.#askForTokens());
  }

  async #askForTokens() {
    // No refresh cookie: nothing to ask.
    if (!/refresh_token=/.test(this.#headers.cookie ?? '')) return null;
    const { status, body, retryAfter } = await this.#ask('POST', '/auth/token/refresh');
    if (status === 200) return body;
    if (status === 401) return null;
    // Among others refresh_pending: the token was replaced a moment ago, and the answer may still be on its way.
    throw Object.assign(new Unknown(`a refresh answered ${status}`), { retryAfter });
  }

  async #ask(method, path, json, accessToken) {
    const answer = await fetch(TOKENJAR_URL + path, {
      method,
      headers: {
        ...this.#headers,
        ...(json && { 'content-type': 'application/json' }),
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      body: json && JSON.stringify(json),
      // The server relies on refreshes that are given up after 20 s.
      signal: AbortSignal.any([this.#gone.signal, AbortSignal.timeout(20_000)]),
    }).catch((cause) => {
      throw new Unknown('Tokenjar cannot be reached', { cause });
    });
    this.setCookies.push(...answer.headers.getSetCookie());
    const body = await answer.json().catch(() => ({}));
    return { status: answer.status, body, retryAfter: answer.headers.get('retry-after') ?? '1' };
  }
}
