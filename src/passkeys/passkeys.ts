import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { PasskeyFacts } from '../http/passkey-payloads.js';
import type { Asserted, Registered } from './ceremonies.js';
import { expiryOf } from './challenges.js';
import * as sql from './passkey-statements.js';

/** **Unit** bytes. */
const HANDLE_BYTES = 32;

/** The most that an account can have: their IDs are sent whenever one is added, or used as a second factor. */
export const MOST_PASSKEYS = 50;

/** What became of a right answer: it counts; its challenge was answered before; it was removed meanwhile; its key has a copy. */
export type Use = 'counted' | 'replayed' | 'removed' | 'cloned';

/** The passkeys that are stored. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async find(credentialId: Buffer): Promise<sql.PasskeyRow | undefined> {
    const [row] = await this.db.run(sql.FIND, [credentialId]);
    return row;
  }

  /** Those of a user, the newest first. */
  list(userId: number): Promise<sql.PasskeyRow[]> {
    return this.db.run(sql.LIST, [userId]);
  }

  /** One of a user. **Errors** `factor_not_found`. */
  async get(factorId: string, userId: number): Promise<PasskeyFacts> {
    const found = (await this.list(userId)).find((each) => each.factorId === factorId);
    if (!found) throw new TokenjarError('factor_not_found');
    return factsOf(found);
  }

  /** The handle by which authenticators know a user. */
  async handleOf(userId: number): Promise<Buffer> {
    const [known] = await this.db.run(sql.FIND_HANDLE, [userId]);
    if (known) return known.handle;
    const [made] = await this.db.run(sql.HANDLE, [userId, randomBytes(HANDLE_BYTES)]);
    if (!made) throw new TypeError('a handle was neither found nor made');
    return made.handle;
  }

  /**
   * Keeps what a new factor has as a passkey.
   *
   * @returns false if its challenge was used, the credential is known, or the account has {@link MOST_PASSKEYS}.
   */
  async keep(factorId: string, challenge: Buffer, made: Registered, tx: Queries): Promise<boolean> {
    const values = [
      challenge,
      expiryOf(challenge),
      factorId,
      made.id,
      made.publicKey,
      made.counter,
      made.transports,
      made.aaguid,
      made.isBackupEligible,
      made.isBackedUp,
      made.isDiscoverable,
      MOST_PASSKEYS,
    ] as const;
    return (await tx.run(sql.KEEP, [...values])).length === 1;
  }

  /** Uses a challenge up, and notes the use of a passkey. */
  async consume(factorId: string, challenge: Buffer, { counter, isBackedUp }: Asserted): Promise<Use> {
    const now = this.clock.now();
    const values = [challenge, expiryOf(challenge), factorId, counter, isBackedUp, now] as const;
    const [use] = await this.db.run(sql.CONSUME, [...values]);
    if (!use?.isFirst) return 'replayed';
    if (!use.isThere) return 'removed';
    return use.isCounted ? 'counted' : 'cloned';
  }
}

/** A passkey as its owner sees it. */
export const factsOf = (row: sql.PasskeyRow): PasskeyFacts => ({
  id: row.factorId,
  name: row.name,
  credentialId: row.id.toString('base64url'),
  transports: row.transports,
  isBackedUp: row.isBackedUp,
  isDiscoverable: row.isDiscoverable,
  createdAt: row.createdAt,
  lastUsedAt: row.lastUsedAt,
});
