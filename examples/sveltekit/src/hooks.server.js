/** Hands the cookies that Tokenjar sets on to the browser, as they are. */
export async function handle({ event, resolve }) {
  event.locals.setCookies = [];
  const response = await resolve(event);
  for (const cookie of event.locals.setCookies) response.headers.append('set-cookie', cookie);
  return response;
}
