import type { Queries } from '../../database/database.js';

/** Signing keys that follow what the feed says of them. */
export interface FollowingKeys {
  hear(state: string, queries: Pick<Queries, 'run'>): void | Promise<void>;
  whenLost(): void;
}
