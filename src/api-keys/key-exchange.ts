import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import type { ExchangedToken } from '../http/key-payloads.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { AccessTokens } from '../tokens/access-token.js';
import type { KeyPrincipal } from './key-principal.js';

/** **Unit** seconds. */
const LONGEST = 3600;

/**
 * Exchanges API keys for access tokens, which other services can verify by their signature.
 *
 * Each has an ID of its own in `sid`, under which it can be revoked by itself, and dies with its key (`key_id`).
 */
@Injectable()
export class KeyExchange {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly hooks: HookCalls,
    private readonly clock: Clock,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'authHeaderTypes'>,
  ) {}

  /** **Errors** `token_too_large`, `hook_failed`. */
  async exchange({ subject: owner, expiresAt }: KeyPrincipal): Promise<ExchangedToken> {
    const now = this.clock.now();
    const sessionId = uuidv7({ msecs: now.getTime() });
    const notAfter = new Date(Math.min(expiresAt * 1000, addSeconds(now, LONGEST).getTime()));
    const subject = { ...owner, sessionId };
    const claims = await this.hooks.call('claims', subject);
    const { token, expiresIn } = this.accessTokens.issue(subject, now, notAfter, claims);
    return { accessToken: token, scheme: this.options.authHeaderTypes[0] ?? 'Bearer', expiresIn };
  }
}
