import { createAuth } from '@tokenjar/client';
import { withAuth as axiosWithAuth } from './axios.js';
import { withAuth as kyWithAuth } from './ky.js';

const auth = createAuth();
const axios = axiosWithAuth(auth, '/auth');
const ky = kyWithAuth(auth, `${location.origin}/auth`);

/** For a console, or a test, to try. */
const examples = {
  register: auth.register,
  axios: () => axios.get<{ email: string }>('/user').then(({ data }) => data),
  ky: () => ky.get('user').json<{ email: string }>(),
};
export type Examples = typeof examples;
Object.assign(window, { examples });
