import type { Auth } from '@tokenjar/client';
import ky, { type KyInstance } from 'ky';

/** A ky that sends through the client, which adds the token for this origin and retries once when it has expired. */
export const withAuth = (auth: Auth, prefixUrl: string): KyInstance =>
  ky.create({ prefixUrl, fetch: auth.fetch });
