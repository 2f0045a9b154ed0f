import { env } from '$env/dynamic/private';

/**
 * Asks Tokenjar in the name of the browser whose request this is.
 *
 * @param event of SvelteKit.
 * @param path such as `/auth/login`.
 * @param body sent as JSON, with POST.
 */
export async function tokenjar(event, path, body, accessToken) {
  const headers = new Headers({
    // Who asks: limits count this address, and the list of sessions shows it.
    'x-forwarded-for': event.getClientAddress(),
    // How the browser reached us: names of cookies, Secure and the check of the origin depend on it.
    'x-forwarded-proto': event.url.protocol.replace(':', ''),
    'x-forwarded-host': event.url.host,
  });
  // The refresh token, the known device, and what the device is.
  for (const name of ['cookie', 'user-agent', 'accept-language']) {
    const value = event.request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  // A form of another site must not sign anybody in or out.
  const origin = event.request.headers.get('origin');
  if (origin !== null && event.request.method === 'POST') headers.set('origin', origin);
  if (accessToken) headers.set('authorization', `Bearer ${accessToken}`);
  if (body !== undefined) headers.set('content-type', 'application/json');
  // Not event.fetch, which has ideas of its own about cookies.
  const answer = await fetch(env.TOKENJAR_URL + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body && JSON.stringify(body),
  });
  event.locals.setCookies.push(...answer.headers.getSetCookie());
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : {} };
}
