import type { Auth } from '@tokenjar/client';
import ky, { type KyInstance } from 'ky';
import { fetchOf } from './request.js';

/** A ky that sends through the client, which adds the token for this origin, and refreshes it when it is due or refused. */
export const withAuth = (auth: Auth, prefixUrl: string): KyInstance =>
  ky.create({ prefixUrl, fetch: fetchOf(auth) });
