import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import type { ProviderFacts } from '../http/provider-payloads.js';
import type { Attempt } from './attempts.js';
import { kindOf } from './known/kinds.js';
import { ProviderClient } from './provider-client.js';
import { reasonOf } from './provider-refusals.js';
import { type Egress, ProviderRequests } from './provider-requests.js';

/** Token under which a host's {@link Egress} is injected. */
export const EGRESS = Symbol('tokenjar.egress');

/** The providers of the settings. */
@Injectable()
export class Providers {
  private readonly logger = new Logger('Tokenjar');
  private readonly clients: ReadonlyMap<string, ProviderClient>;

  constructor(@Inject(OPTIONS) options: Options, @Inject(EGRESS) egress: Egress, clock: Clock) {
    this.clients = new Map(
      options.providers.map((settings) => [
        settings.id,
        new ProviderClient(
          settings,
          kindOf(settings),
          redirectUriOf(settings.id, options),
          new ProviderRequests(egress),
          clock,
        ),
      ]),
    );
  }

  /** In the order of the settings. */
  list(): ProviderFacts[] {
    return [...this.clients.values()].map(({ id, name }) => ({ id, name }));
  }

  has(id: string): boolean {
    return this.clients.has(id);
  }

  /** For people; its ID if it is not among the settings any more. */
  nameOf(id: string): string {
    return this.clients.get(id)?.name ?? id;
  }

  /** **Errors** `provider_not_found`. */
  get(id: string): ProviderClient {
    const client = this.clients.get(id);
    if (!client) throw new TokenjarError('provider_not_found');
    return client;
  }

  /** Where to send a browser. **Errors** `provider_not_found`, `provider_unavailable`. */
  async addressFor(attempt: Attempt): Promise<string> {
    try {
      return await this.get(attempt.provider).addressFor(attempt);
    } catch (error) {
      if (!(error instanceof TokenjarError)) throw error;
      this.warnOf(attempt.provider, error);
      // Whatever is wrong there, nobody can go there now.
      throw new TokenjarError('provider_unavailable', { cause: error.cause });
    }
  }

  /** Logs why a provider was of no use; a user's refusal is none of the operator's business. */
  warnOf(id: string, error: TokenjarError): void {
    if (error.code === 'access_denied' || error.cause === undefined) return;
    this.logger.warn(`Provider ${id}: ${error.code}: ${reasonOf(error)}`);
  }
}

/** Built from the settings, never from a request. */
function redirectUriOf(id: string, { publicUrl, frontendUrl, port, pathPrefix }: Options): string {
  const own =
    publicUrl ?? (frontendUrl === undefined ? `http://localhost:${port}` : new URL(frontendUrl).origin);
  return `${own}${`/${pathPrefix}`.replace(/\/$/, '')}/providers/${id}/callback`;
}
