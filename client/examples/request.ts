import type { Auth } from '@tokenjar/client';

/**
 * `auth.fetch` for libraries that hand over a `Request`. The body of one can be read only once, so it is read here, and can be
 * sent again when the access token had to be refreshed.
 */
export const fetchOf =
  (auth: Auth): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    return auth.fetch(request, hasBody ? { body: await request.blob() } : undefined);
  };
