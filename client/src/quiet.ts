/**
 * `fetch`, but for a page's first question: a visitor who is not signed in is told so by a 204, where every browser
 * would show the usual 401 in red in its console. For {@link Settings.fetch} of `createAuth`.
 */
export const quiet: typeof fetch = async (input, init) => {
  const isRefresh =
    typeof input === 'string' && init?.method === 'POST' && /\/token\/refresh$/.test(input) && !init.body;
  if (!isRefresh) return fetch(input, init);
  // A form: another origin is asked without a preflight, as it is without a body.
  const response = await fetch(input, { ...init, body: new URLSearchParams('optional=true') });
  if (response.status !== 204) return response;
  const problem = { code: 'refresh_missing', error: 'refresh_missing', detail: 'Nobody is signed in.' };
  return Response.json(problem, { status: 401 });
};
