import type { Auth } from '@tokenjar/client';
import { fetchOf } from './request.js';

/** What `client.gen.ts` of `@hey-api/openapi-ts` exports as `client`; clients of other generators take a `fetch` as well. */
interface GeneratedClient {
  setConfig: (config: { baseUrl: string; fetch: typeof fetch }) => unknown;
}

/** Makes a generated client send through ours. Call it once for the page. */
export const withAuth = (auth: Auth, client: GeneratedClient, baseUrl: string): void =>
  void client.setConfig({ baseUrl, fetch: fetchOf(auth) });
