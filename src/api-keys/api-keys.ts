import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { byOf, orderedBy } from '../audit/audit.js';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { isUnavailable } from '../database/unavailable.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { CreatedKey, ListedKey, NewKeyInput } from '../http/key-payloads.js';
import type { Principal } from '../http/principal.js';
import { Outbox } from '../mail/outbox.js';
import { demandsFactor } from '../tokens/authentication.js';
import { digestOfApiKey, newApiKey } from '../tokens/api-key.js';
import { Blacklist } from '../users/blacklist/blacklist.js';
import { LOCK_USER } from '../users/sessions/session-statements.js';
import { Sessions } from '../users/sessions/sessions.js';
import { ApiKey } from './api-key.entity.js';
import * as sql from './api-key-statements.js';

/** More precise times would tell when a program runs. **Unit** milliseconds. */
const LAST_USED_STEP = 15 * 60_000;

type KeyOptions = Pick<
  Options,
  'apiKeyLifetime' | 'apiKeyMaxLifetime' | 'apiKeyLimit' | 'secondFactor' | 'secondFactorRoles'
>;

/** The API keys of users. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly db: Database,
    private readonly sessions: Sessions,
    private readonly blacklist: Blacklist,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: KeyOptions,
  ) {}

  /**
   * Makes a key for the signed-in user, with some of the permissions of their session. Whose role demands a second factor
   * has to have proven it, because the key will not be asked for one.
   *
   * **Errors** `input_invalid`, `invalid_scope`, `insufficient_user_authentication`, `user_inactive`,
   * `api_key_limit_reached`; `token_blacklisted` if the session has ended meanwhile.
   */
  async create(me: Principal, input: NewKeyInput, caller: Caller): Promise<CreatedKey> {
    const { name, scopes } = input;
    const lifetime = this.lifetimeOf(input);
    if (!scopes.every((scope) => me.scopes.includes(scope))) throw new TokenjarError('invalid_scope');
    const key = newApiKey();
    return this.db.transaction(async (tx) => {
      // The owner of the address may be taking the account over: the key comes before and is revoked, or finds no session.
      await tx.run(LOCK_USER, [me.userId]);
      const user = (await this.sessions.findOwn(me.userId, me.sessionId, tx))?.user;
      if (!user) throw new TokenjarError('token_blacklisted');
      if (!user.isActive) throw new TokenjarError('user_inactive');
      if (me.acr !== 'aal2' && demandsFactor(user.roles, this.options))
        throw new TokenjarError('insufficient_user_authentication', { stepUp: { level: 'aal2' } });
      const now = this.clock.now();
      const id = uuidv7({ msecs: now.getTime() });
      const expiresAt = addSeconds(now, lifetime);
      const created = await tx.run(sql.CREATE, [
        id,
        me.userId,
        name,
        digestOfApiKey(key),
        scopes,
        now,
        expiresAt,
        this.options.apiKeyLimit,
        ...byOf(caller),
        me.sessionId,
      ]);
      if (created.length === 0) throw new TokenjarError('api_key_limit_reached');
      const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '' };
      await this.outbox.notify('api_key_created', user, null, tx, values);
      return { key, id, name, scopes, expiresAt };
    });
  }

  /** Newest first. */
  async list(userId: number): Promise<ListedKey[]> {
    const keys = await this.db
      .repository(ApiKey)
      .find({ where: { userId }, order: { createdAt: 'DESC', id: 'DESC' } });
    return keys.map(({ id, name, scopes, createdAt, expiresAt, lastUsedAt }) => ({
      id,
      name,
      scopes,
      createdAt,
      expiresAt,
      lastUsedAt: lastUsedAt && new Date(Math.floor(lastUsedAt.getTime() / LAST_USED_STEP) * LAST_USED_STEP),
    }));
  }

  /** @returns false if the user has no such key. */
  async revoke(userId: number, id: string, by?: Caller): Promise<boolean> {
    const values = [id, this.clock.now(), ...orderedBy(by), userId] as const;
    return this.change(this.db, async (queries) => (await queries.run(sql.REVOKE, [...values])).length > 0);
  }

  /** Revokes all keys of a user. @param tx a transaction that holds the lock on the user. */
  async revokeAll(userId: number, tx: Queries, by?: Caller): Promise<void> {
    await this.change(tx, () => tx.run(sql.REVOKE_ALL, [userId, this.clock.now(), ...orderedBy(by)]));
  }

  /** A trigger writes what instances have to know. This one looks for it before it accepts another token. */
  private async change<Result>(
    queries: Queries,
    act: (queries: Queries) => Promise<Result>,
  ): Promise<Result> {
    const doubt = () => this.blacklist.markStale();
    try {
      const result = await act(queries);
      queries.afterCommit(doubt, doubt);
      return result;
    } catch (error) {
      // It may have succeeded, with the response lost.
      if (isUnavailable(error)) doubt();
      throw error;
    }
  }

  private lifetimeOf({ expiresIn }: NewKeyInput): number {
    const { apiKeyLifetime, apiKeyMaxLifetime: most } = this.options;
    if (expiresIn === undefined) return Math.min(apiKeyLifetime, most);
    if (expiresIn <= most) return expiresIn;
    throw new TokenjarError('input_invalid', {
      errors: { expiresIn: [`This field must be at most ${Math.floor(most)}.`] },
    });
  }
}
