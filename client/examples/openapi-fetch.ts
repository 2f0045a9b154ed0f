import type { Auth } from '@tokenjar/client';
import createClient, { type Client } from 'openapi-fetch';
import { fetchOf } from './request.js';

/**
 * An openapi-fetch that sends through the client.
 *
 * @typeParam Paths what openapi-typescript makes of an OpenAPI document: of your API, or of Tokenjar's `/openapi.json`.
 */
export const withAuth = <Paths extends object>(auth: Auth, baseUrl: string): Client<Paths> =>
  createClient<Paths>({ baseUrl, fetch: fetchOf(auth) });
