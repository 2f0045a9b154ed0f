import type { Auth } from '@tokenjar/client';
import axios, { type AxiosInstance } from 'axios';

/** An axios whose requests to `baseURL` carry the access token, renewed when that is due. */
export function withAuth(auth: Auth, baseURL: string): AxiosInstance {
  const api = axios.create({ baseURL });
  api.interceptors.request.use(async (request) => {
    const token = await auth.accessToken();
    // The first word of AUTH_HEADER_TYPES.
    if (token !== null) request.headers.set('Authorization', `Bearer ${token}`);
    return request;
  });
  return api;
}
