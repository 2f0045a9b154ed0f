import { fail } from '@sveltejs/kit';
import { tokenjar } from '$lib/tokenjar.server.js';

/** Renders for who is signed in: a refresh, which the session's row answers in one statement. */
export async function load(event) {
  const { status, body } = await tokenjar(event, '/auth/token/refresh', {});
  return { user: status === 200 ? body.user : null };
}

export const actions = {
  async login(event) {
    const { email, password } = Object.fromEntries(await event.request.formData());
    const { status, body } = await tokenjar(event, '/auth/login', { email, password });
    return status === 200 ? { done: true } : fail(status, { code: body.code });
  },
  async logout(event) {
    const { status, body } = await tokenjar(event, '/auth/logout', {});
    return status === 204 ? { done: true } : fail(status, { code: body.code });
  },
};
