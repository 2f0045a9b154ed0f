import { createAuth } from '@tokenjar/client';
import type { paths } from '../../test/openapi/client-types/generated/standard.js';
import { withAuth as axiosWithAuth } from './axios.js';
import { withAuth as kyWithAuth } from './ky.js';
import { withAuth as openapiFetchWithAuth } from './openapi-fetch.js';

export const auth = createAuth();
const axios = axiosWithAuth(auth, '/auth');
const ky = kyWithAuth(auth, `${location.origin}/auth`);
const openapiFetch = openapiFetchWithAuth<paths>(auth, location.origin);

interface User {
  email: string;
  locale: string | null;
}

/** What a library is asked for: without a body, and with one. */
interface Library {
  read: () => Promise<User>;
  write: (locale: string) => Promise<User>;
}

export const libraries: Record<string, Library> = {
  axios: {
    read: () => axios.get<User>('/user').then(({ data }) => data),
    write: (locale) => axios.patch<User>('/user', { locale }).then(({ data }) => data),
  },
  ky: {
    read: () => ky.get('user').json<User>(),
    write: (locale) => ky.patch('user', { json: { locale } }).json<User>(),
  },
  'openapi-fetch': {
    read: () => openapiFetch.GET('/auth/user').then(dataOf),
    write: (locale) => openapiFetch.PATCH('/auth/user', { body: { locale } }).then(dataOf),
  },
};

function dataOf<Data>({ data, response }: { data?: Data; response: Response }): Data {
  if (data === undefined) throw new Error(`answered ${response.status}`);
  return data;
}

/** For a console, or a test, to try. */
const examples = { auth, libraries, dataOf };
export type Examples = typeof examples;
Object.assign(window, { examples });
