import type { Auth } from '@tokenjar/client';
import axios, { type AxiosInstance, type InternalAxiosRequestConfig, isAxiosError } from 'axios';

/**
 * An axios whose requests to `baseURL` carry the access token. It is refreshed when that is due, and when the server has
 * refused it: once, however many requests were refused at the same time.
 */
export function withAuth(auth: Auth, baseURL: string): AxiosInstance {
  const api = axios.create({ baseURL });
  api.interceptors.request.use(async (request) => {
    const token = await auth.accessToken();
    // The first word of AUTH_HEADER_TYPES.
    if (token !== null) request.headers.set('Authorization', `Bearer ${token}`);
    return request;
  });
  api.interceptors.response.use(undefined, async (error: unknown) => {
    if (!isAxiosError(error) || !error.config) throw error;
    const config: Repeatable = error.config;
    // RFC 6750 §3.1. Another 401, such as that of a proxy, does not concern the token.
    const challenge: unknown = error.response?.headers['www-authenticate'];
    const isTokenRefused = error.response?.status === 401 && String(challenge).includes('invalid_token');
    if (!isTokenRefused || config.isRepeat) throw error;
    // Another request may have had it refreshed already.
    if (config.headers.get('Authorization') === `Bearer ${await auth.accessToken()}`) await auth.refresh();
    // Who is signed out by now gets the refusal.
    if (auth.user === null) throw error;
    const repeat: Repeatable = { ...config, isRepeat: true };
    return api.request(repeat);
  });
  return api;
}

type Repeatable = InternalAxiosRequestConfig & { isRepeat?: boolean };
