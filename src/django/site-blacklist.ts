import type { SiteSchema } from './site-schema.js';
import type { SiteReader } from './source.js';

const PAGE = 2000;

/** A token that the site refuses. */
export interface BlacklistedToken {
  jti: string;
  /** As PostgreSQL writes it. */
  expiresAt: string;
}

/**
 * Reads the tokens that the site has blacklisted and that may not have expired, in pages.
 *
 * The site may write its times as if they were local (`USE_TZ = False`), so the table is not believed within a day.
 */
export async function* blacklistPages(
  source: SiteReader,
  { outstanding, blacklisted }: Pick<SiteSchema, 'outstanding' | 'blacklisted'>,
  now: Date,
): AsyncGenerator<BlacklistedToken[]> {
  if (!outstanding || !blacklisted) return;
  for (let after = '0'; ;) {
    const rows = await source.read(
      `SELECT b.id::text AS id, o.jti, (o.expires_at::timestamptz + interval '1 day')::text AS expiry
        FROM ${blacklisted} b JOIN ${outstanding} o ON o.id = b.token_id
        WHERE b.id > $1 AND o.expires_at > $2::timestamptz - interval '1 day' ORDER BY b.id LIMIT ${PAGE}`,
      [after, now.toISOString()],
    );
    if (rows.length > 0) yield rows.map(({ jti, expiry }) => ({ jti: jti ?? '', expiresAt: expiry ?? '' }));
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.id ?? after;
  }
}
