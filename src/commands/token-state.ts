import type { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { digestOfApiKey, isApiKey } from '../tokens/api-key.js';

const SESSION = statement<
  [lookupId: string],
  { generation: number; idle_expires_at: Date; absolute_expires_at: Date }
>(
  '',
  `SELECT generation, idle_expires_at, absolute_expires_at FROM tokenjar.sessions
    WHERE lookup_id = $1::uuid`,
);
const API_KEY = statement<[digest: Buffer], { expires_at: Date; is_active: boolean }>(
  '',
  `SELECT k.expires_at, u.is_active FROM tokenjar.api_keys k JOIN tokenjar.users u ON u.id = k.user_id WHERE k.digest = $1`,
);

/** What has become of a refresh token that we signed. */
export async function stateOfRefresh(
  claims: Readonly<Record<string, unknown>>,
  db: Database,
  now: Date,
): Promise<string> {
  const [session] = await db.run(SESSION, [String(claims.jti)]);
  if (!session) return 'refused: its session has ended';
  if (session.idle_expires_at <= now || session.absolute_expires_at <= now)
    return 'refused: its session has expired';
  if (claims.gen !== session.generation)
    return `replaced: its session is at generation ${session.generation}; it is accepted during REFRESH_GRACE only`;
  return 'accepted';
}

/** What has become of an API key. */
export async function stateOfApiKey(key: string, db: Database, now: Date): Promise<string> {
  if (!isApiKey(key)) return 'refused: its checksum is wrong, so it was not copied wholly';
  const [row] = await db.run(API_KEY, [digestOfApiKey(key)]);
  if (!row) return 'refused: it is revoked, or was never issued here';
  if (row.expires_at <= now) return 'refused: it has expired';
  return row.is_active ? 'accepted' : 'refused: its user is not active';
}
