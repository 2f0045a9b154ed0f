import { Param, Req, Res } from '@nestjs/common';
import { AccountHolders } from '../auth/account-holders.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { ApiController, Operation } from '../http/operation.js';
import { RefusedRequests } from '../http/refused-requests.js';
import { stateOf } from '../http/request-state.js';
import { Attempts, cookiesOf } from './attempts.js';
import { ProviderSignIn } from './provider-sign-in.js';

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
    private readonly attempts: Attempts,
    private readonly holders: AccountHolders,
    private readonly cookies: Cookies,
    private readonly refused: RefusedRequests,
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
    const attempt = this.attempts.find(sealed, provider, state) ?? this.attempts.findUnbound(state, provider);
    if (sealed.length > 0) this.cookies.attempts.forget(state, request, response);
    const back = attempt
      ? await this.signIn.finish(
          attempt,
          parameters,
          await this.holders.presenceIn(cookiesOf(this.cookies.sentBy(request), attempt)),
          caller,
        )
      : this.signIn.nowhere;
    if (back.error) this.refused.note(back.error, request);
    stateOf(request).code = outcomeIn(back.location);
    this.cookies.set(back.cookies, request, response);
    response.header('Location', back.location);
    // The address of this page contains the code.
    response.header('Referrer-Policy', 'no-referrer');
  }
}

/** Undefined if somebody is signed in; otherwise what is still needed, what was refused, or what else was done. */
const outcomeIn = (location: string): string | undefined =>
  /#(?!signed_in$)(?:error=)?(\w+)[^#]*$/.exec(location)?.[1];

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
