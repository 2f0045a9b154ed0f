import type { Queries } from '../../database/database.js';
import type { JudgedToken } from './blacklist-memory.js';

/** Roles that follow what the feed says of them, and know which tokens are from before. */
export interface FollowingRoles {
  readIfChanged(state: string, queries: Pick<Queries, 'run'>): void | Promise<void>;
  outdates(token: JudgedToken): boolean;
}
