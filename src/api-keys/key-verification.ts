import { Inject, Injectable } from '@nestjs/common';
import type { BearerCredential } from '../auth/bearer-credentials.js';
import { Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { NetworkCounters } from '../limits/network-counters.js';
import { HookCalls } from '../hooks/hook-calls.js';
import type { AccessSubject } from '../tokens/access-token.js';
import { digestOfApiKey, isApiKey, looksLikeApiKey } from '../tokens/api-key.js';
import { Blacklist } from '../users/blacklist/blacklist.js';
import type { KeyState } from '../users/blacklist/blacklist-memory.js';
import { Roles } from '../users/roles/roles.js';
import { type KeyRow, USE } from './api-key-statements.js';
import { KeyPrincipal } from './key-principal.js';
import { KnownKeys, type KnownKey } from './known-keys.js';

/** When a use is noted again; so is read again what the key and its owner are. **Unit** milliseconds. */
const NOTED_EVERY = 15 * 60_000;
/** A text that is no key will not become one. **Unit** milliseconds. */
const MISSING_FOR = 60_000;
/** A change of the owner during a look-up is met by another one. */
const MOST_READS = 3;

type CallerOf = () => Pick<Caller, 'ip'>;

/**
 * Verifies API keys: the first time with one statement, and then without one for 15 minutes, because the blacklist says
 * at once which keys are revoked and which owners have changed.
 */
@Injectable()
export class KeyVerification implements BearerCredential {
  private readonly known = new KnownKeys({ found: NOTED_EVERY, missing: MISSING_FOR });
  /** Of the look-ups in progress; concurrent requests with one key share one. */
  private readonly reading = new Map<string, Promise<KnownKey | undefined>>();
  private readonly failures: NetworkCounters;

  constructor(
    private readonly db: Database,
    private readonly blacklist: Blacklist,
    private readonly roles: Roles,
    private readonly hooks: HookCalls,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'rateLimit' | 'limitApiKeyNetwork' | 'userId'>,
  ) {
    const { rateLimit, limitApiKeyNetwork } = options;
    this.failures = new NetworkCounters(clock, 'api-key-network', rateLimit ? limitApiKeyNetwork : null);
    // Keys that were made lately may be gone with the commits.
    blacklist.whenLost(() => this.known.forgetAll());
  }

  readonly recognises = looksLikeApiKey;

  /** The number of keys, and of texts that are none, in memory. */
  get size(): number {
    return this.known.size;
  }

  /**
   * @param caller whose failed look-ups are limited; undefined for one that is trusted.
   * **Errors** `token_invalid` if it is unknown or revoked, `token_expired`, `user_inactive`, `rate_limited`,
   * `database_unavailable`, `hook_failed`.
   */
  verify(text: string, caller?: CallerOf): KeyPrincipal | Promise<KeyPrincipal> {
    if (!isApiKey(text)) throw new TokenjarError('token_invalid');
    const digest = digestOfApiKey(text);
    const known = this.known.find(digest.toString('base64'), this.clock.now().getTime());
    if (!known) return this.lookUp(digest, caller);
    const state = this.blacklist.stateOfKey(known);
    if (state === 'current') return this.principalOf(known);
    return this.unlessChanged(state, known, digest);
  }

  private async unlessChanged(
    state: KeyState | Promise<KeyState>,
    known: KnownKey,
    digest: Buffer,
  ): Promise<KeyPrincipal> {
    const found = await state;
    if (found === 'revoked') throw new TokenjarError('token_invalid');
    return found === 'current' ? this.principalOf(known) : this.lookUp(digest, undefined);
  }

  private async lookUp(digest: Buffer, caller: CallerOf | undefined): Promise<KeyPrincipal> {
    for (let reads = 0; reads < MOST_READS; reads++) {
      const key = await this.read(digest, reads === 0 ? caller : undefined);
      const state = key ? await this.blacklist.stateOfKey(key) : 'revoked';
      if (!key || state === 'revoked') throw new TokenjarError('token_invalid');
      if (state === 'current') return this.principalOf(key);
    }
    throw new TokenjarError('token_outdated');
  }

  private read(digest: Buffer, caller: CallerOf | undefined): Promise<KnownKey | undefined> {
    const name = digest.toString('base64');
    if (this.known.isMissing(name, this.clock.now().getTime())) return Promise.resolve(undefined);
    const shared = this.reading.get(name);
    if (shared) return shared;
    // Counted before the outcome is known, so that a flood at once does not pass together. A known key is none.
    const stranger = caller && !this.known.has(name) ? caller() : undefined;
    if (stranger) this.failures.add(stranger);
    const reading = this.readRow(digest, name).finally(() => this.reading.delete(name));
    this.reading.set(name, reading);
    if (!stranger) return reading;
    return reading.then((key) => {
      if (key) this.failures.remove(stranger);
      return key;
    });
  }

  private async readRow(digest: Buffer, name: string): Promise<KnownKey | undefined> {
    const now = this.clock.now();
    const [row] = await this.db.run(USE, [digest, now, new Date(now.getTime() - NOTED_EVERY)]);
    if (!row) {
      this.known.rememberMissing(name, now.getTime());
      return undefined;
    }
    const key = knownOf(row, now);
    this.known.remember(name, key);
    return key;
  }

  private principalOf(key: KnownKey): KeyPrincipal | Promise<KeyPrincipal> {
    if (key.expiresAt <= this.clock.now().getTime()) throw new TokenjarError('token_expired');
    if (!key.isActive) throw new TokenjarError('user_inactive');
    const { keyId, userId, claimsEpoch } = key;
    const publicId = this.options.userId === 'uuid' ? key.publicId : undefined;
    const [iat, exp] = [Math.floor(key.createdAt / 1000), Math.floor(key.expiresAt / 1000)];
    const { roles, scopes, rolesEpoch } = this.roles.grant(key.roles, key.scopes);
    const level = { amr: [], acr: 'aal1', authTime: iat } as const;
    const subject = {
      userId,
      publicId,
      sessionId: keyId,
      roles,
      scopes,
      claimsEpoch,
      rolesEpoch,
      keyId,
      ...level,
    };
    const claims = {
      sub: publicId ?? String(userId),
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      client_id: keyId,
      key_id: keyId,
      iat,
      exp,
    };
    return this.hooks.has('claims')
      ? this.withClaimsOfHost(subject, exp, claims)
      : new KeyPrincipal(subject, exp, claims);
  }

  private async withClaimsOfHost(
    subject: AccessSubject & { keyId: string },
    expiresAt: number,
    claims: Record<string, unknown>,
  ): Promise<KeyPrincipal> {
    return new KeyPrincipal(subject, expiresAt, { ...(await this.hooks.call('claims', subject)), ...claims });
  }
}

const knownOf = (row: KeyRow, now: Date): KnownKey => ({
  keyId: row.id,
  userId: row.user_id,
  publicId: row.public_id,
  scopes: row.scopes,
  createdAt: row.created_at.getTime(),
  expiresAt: row.expires_at.getTime(),
  readAt: now.getTime(),
  roles: row.roles,
  isActive: row.is_active,
  claimsEpoch: row.claims_epoch,
});
