/**
 * `fetch`, with one exception: the first request of a page gets a 204 for a visitor who is not signed in, because
 * browsers show the usual 401 in red in the console. For {@link Settings.fetch} of `createAuth`.
 */
export const quiet: typeof fetch = async (input, init) => {
  const isRefresh =
    typeof input === 'string' && init?.method === 'POST' && /\/token\/refresh$/.test(input) && !init.body;
  if (!isRefresh) return fetch(input, init);
  // A form needs no preflight for another origin, like a request without a body.
  const response = await fetch(input, { ...init, body: new URLSearchParams('optional=true') });
  if (response.status !== 204) return response;
  const problem = { code: 'refresh_missing', error: 'refresh_missing', detail: 'Nobody is signed in.' };
  return Response.json(problem, { status: 401 });
};
