import { Param, Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { KnownDevices } from '../auth/known-devices.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { ApiController, Operation } from '../http/operation.js';
import { type Attempt, cookiesOf } from './attempts.js';
import { ProviderSignIn, type ReturningBrowser } from './provider-sign-in.js';

/** The common part of Fastify's reply and Express's response. */
interface Response {
  header(name: string, value: string): unknown;
}

/**
 * GET and POST /providers/:provider/callback: the redirect URI of a provider.
 *
 * The request comes from another site, so the origin is not checked: the sealed cookie of the attempt says that this
 * browser has asked for it.
 */
@ApiController()
export class CallbackController {
  constructor(
    private readonly signIn: ProviderSignIn,
    private readonly devices: KnownDevices,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
  ) {}

  @Operation('providerCallback')
  async finish(
    @Param('provider') provider: string,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const parameters = parametersOf(request);
    const state = parameters.get('state') ?? '';
    const sealed = this.cookies.attempts.read(state, request);
    const attempt = this.signIn.attemptOf({ provider, parameters, sealed });
    if (sealed.length > 0) this.cookies.attempts.forget(state, request, response);
    const { result, cookies } = attempt
      ? await this.signIn.finish(attempt, parameters, await this.browserOf(request, attempt), caller)
      : { result: this.signIn.nowhere, cookies: [] };
    this.cookies.set(cookies, request, response);
    response.header('Location', result);
    // The address of this page contains the code.
    response.header('Referrer-Policy', 'no-referrer');
  }

  private async browserOf(request: HttpRequest, attempt: Attempt): Promise<ReturningBrowser> {
    const cookies = cookiesOf(this.cookies.sentBy(request), attempt);
    return { device: this.devices.of(cookies), presence: await this.holders.presenceIn(cookies) };
  }
}

/** Of the query, or of the form that a provider lets the browser send. Repeated ones stay, and are refused later. */
function parametersOf({ method, url, body }: HttpRequest): URLSearchParams {
  if (method !== 'POST') return new URLSearchParams(url.split('?').slice(1).join('?'));
  const fields = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  return new URLSearchParams(
    fields.flatMap(([name, value]: [string, unknown]) =>
      [value].flat().flatMap((each) => (typeof each === 'string' ? [[name, each]] : [])),
    ),
  );
}
