import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';
import { seal, unseal } from '../crypto/seal.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { isUnavailable } from '../database/unavailable.js';
import { HOST_ENDPOINT } from './webhook-statements.js';

/** That of the hook `onEvent` is none: nothing is signed with it. */
const ALL = statement<[host: string], { id: string; sealed: Buffer }>(
  'webhook_secrets',
  'SELECT id, sealed_secret AS sealed FROM tokenjar.webhook_endpoints WHERE id <> $1',
);
/** Only if it is as it was read: another instance may have been faster. */
const RESEAL = statement<[id: string, read: Buffer, anew: Buffer]>(
  'webhook_secret_reseal',
  'UPDATE tokenjar.webhook_endpoints SET sealed_secret = $3 WHERE id = $1 AND sealed_secret = $2 RETURNING 1',
);

/** The keys that seal the secrets of endpoints. Each secret is bound to its endpoint. */
export class WebhookKeys {
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  /** @param secretKeys the current one first; the others only open. */
  constructor([current, ...former]: readonly [string, ...string[]]) {
    const keyOf = (secretKey: string) => deriveKey(secretKey, 'sealed webhook secret');
    this.keys = [keyOf(current), ...former.map(keyOf)];
  }

  seal(id: string, secret: Buffer): Buffer {
    return seal(this.keys[0], secret, contextOf(id));
  }

  /** Undefined if none of our keys opens it. */
  open(id: string, sealed: Buffer): { secret: Buffer; isOfFormerKey: boolean } | undefined {
    for (const key of this.keys) {
      const secret = unseal(key, sealed, contextOf(id));
      if (secret) return { secret, isOfFormerKey: key !== this.keys[0] };
    }
    return undefined;
  }
}

const contextOf = (id: string): string => `webhook ${id}`;

/** Seals secrets with the current key at a start, before a former one is removed from `SECRET_KEY_FALLBACKS`. */
@Injectable()
export class WebhookResealing implements OnApplicationBootstrap {
  constructor(
    private readonly db: Database,
    private readonly keys: WebhookKeys,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    try {
      for (const { id, sealed } of await this.db.run(ALL, [HOST_ENDPOINT])) {
        const opened = this.keys.open(id, sealed);
        if (opened?.isOfFormerKey) await this.db.run(RESEAL, [id, sealed, this.keys.seal(id, opened.secret)]);
        if (!opened)
          new Logger('Tokenjar').warn(
            `The secret of webhook ${id} was sealed with a SECRET_KEY that is not among the settings: delete the webhook and add it again`,
          );
      }
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      new Logger('Tokenjar').warn(`The secrets of webhooks could not be sealed anew: ${String(error)}`);
    }
  }
}
