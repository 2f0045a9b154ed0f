import { createHash, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, epochSeconds } from '../clock.js';
import { seal, unseal } from '../crypto/seal.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import { ATTEMPT_KEYS } from './attempts.js';

/** How long somebody may take to sign in with the provider. **Unit** seconds. */
export const NONCE_LIFETIME = 600;

/** Of concurrent requests one succeeds. */
const USE = statement<[digest: Buffer, expiry: Date]>(
  'provider_nonce_use',
  `INSERT INTO tokenjar.used_nonces (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1`,
);

/** The purpose of a sealed value, so that it is good for nothing else, and at no other provider. */
const contextOf = (provider: string): string => `provider nonce ${provider}`;

/**
 * Nonces for ID tokens that a client gets from a provider itself: they show that the token was issued for a sign-in that
 * began here, and only work once.
 *
 * Nothing is stored when one is asked for, so nobody can fill a table: it is sealed, with its expiry. Used ones are
 * remembered until they expire, and only with an ID token that is genuine.
 *
 * **Source** OpenID Connect Core §15.5.2; ASVS 5.0 10.5.1.
 */
@Injectable()
export class ProviderNonces {
  constructor(
    @Inject(ATTEMPT_KEYS) private readonly keys: readonly KeyObject[],
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  issue(provider: string): string {
    const [key] = this.keys;
    if (!key) throw new TypeError('there is no key for nonces');
    const expiry = Buffer.alloc(6);
    expiry.writeUIntBE(epochSeconds(this.clock.now()) + NONCE_LIFETIME, 0, 6);
    return seal(key, expiry, contextOf(provider)).toString('base64url');
  }

  /**
   * What an ID token may have as its nonce, for a nonce of ours that is alive: itself, or its SHA-256 in hex or base64url,
   * as native apps give it to the SDK, so that a token that leaks does not tell it.
   *
   * **Errors** `login_expired`.
   */
  formsOf(provider: string, nonce: string): { forms: readonly string[]; expiresAt: number } {
    const sealed = Buffer.from(nonce, 'base64url');
    const opened = this.keys
      .map((key) => unseal(key, sealed, contextOf(provider)))
      .find((each) => each?.length === 6);
    const expiresAt = opened?.readUIntBE(0, 6) ?? 0;
    // Only as we wrote it: other texts decode to the same bytes, and would count as unused.
    if (expiresAt <= epochSeconds(this.clock.now()) || sealed.toString('base64url') !== nonce)
      throw new TokenjarError('login_expired');
    const digest = createHash('sha256').update(nonce).digest();
    return { forms: [nonce, digest.toString('hex'), digest.toString('base64url')], expiresAt };
  }

  /** Uses one up. **Errors** `login_expired` if somebody has. */
  async consume(nonce: string, expiresAt: number): Promise<void> {
    const digest = createHash('sha256').update(nonce).digest();
    if ((await this.db.run(USE, [digest, new Date(expiresAt * 1000)])).length === 0)
      throw new TokenjarError('login_expired');
  }
}
