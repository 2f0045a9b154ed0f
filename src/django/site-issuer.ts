import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { LegacyIssuer } from '../http/legacy-tokens.js';
import type { VerifiedToken } from '../http/payloads.js';
import { Principal } from '../http/principal.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { Roles } from '../users/roles/roles.js';
import { SessionRefresh } from '../users/sessions/session-refresh.js';
import { LiveSessions } from './live-sessions.js';
import { issuedAtOf, type SiteToken, SiteTokens } from './site-tokens.js';
import type { Usable } from './token-holders.js';

/** The Django site that users came from, as an issuer of tokens. */
@Injectable()
export class SiteIssuer implements LegacyIssuer {
  constructor(
    private readonly tokens: SiteTokens,
    private readonly sessions: LiveSessions,
    private readonly sessionRefresh: SessionRefresh,
    private readonly roles: Roles,
    private readonly clock: Clock,
  ) {}

  signed(token: string): boolean {
    return this.tokens.signed(token);
  }

  isRefresh(token: string): boolean {
    try {
      this.read(token, 'refresh');
      return true;
    } catch {
      return false;
    }
  }

  async continueSession(token: string, caller: Caller, cookieProtection: number): Promise<RefreshSubject> {
    return this.sessions.continue(this.read(token, 'refresh'), this.bindsPassword, caller, cookieProtection);
  }

  /** simplejwt verifies an access token by itself, and so do the services that share the key. */
  async verify(token: string): Promise<VerifiedToken> {
    const kind = this.tokens.kindOf(token);
    const read = this.read(token, kind);
    const expiresAt = new Date(read.expiresAt * 1000);
    if (kind === 'access') return { tokenType: 'access', expiresAt };
    const usable = await this.usableBy(read);
    if (usable?.lookupId !== undefined) {
      const { userId, lookupId } = usable;
      await this.sessionRefresh.verify({
        userId,
        lookupId,
        generation: 0,
        issuedAt: issuedAtOf(read, this.clock.now()),
        expiresAt: read.expiresAt,
      });
    }
    return { tokenType: 'refresh', expiresAt };
  }

  /** simplejwt verifies a token without a look at its user. */
  private async usableBy(token: SiteToken): Promise<Usable | undefined> {
    try {
      return await this.sessions.holders.find(token, this.bindsPassword);
    } catch (error) {
      if (error instanceof TokenjarError && error.code === 'user_not_found') return undefined;
      throw error;
    }
  }

  async end(token: string, reason: 'logout' | 'blacklist', caller: Caller): Promise<boolean> {
    return this.sessions.end(this.read(token, 'refresh'), reason, caller);
  }

  /**
   * One query, as long as such tokens live: they know neither the roles here, nor a session that could be revoked.
   *
   * The sign-in is not recent, however young the token: it may be from a refresh.
   */
  async identify(token: string): Promise<Principal> {
    const read = this.read(token, 'access');
    const user = await this.sessions.holders.userOf(read, this.bindsPassword);
    const { roles, scopes } = this.roles.grant(user.roles, null);
    const publicId = this.tokens.rules.userId === 'uuid' ? user.publicId : undefined;
    const authentication = { amr: [], acr: 'aal1', authTime: 0, scopes, publicId } as const;
    return new Principal(user.id, noSessionOf(read), roles, read.expiresAt, read.claims, authentication);
  }

  private read(token: string, kind: SiteToken['kind']): SiteToken {
    return this.tokens.verify(token, kind, this.clock.now());
  }

  private get bindsPassword(): boolean {
    return this.tokens.rules.revokeClaim !== undefined;
  }
}

/** The ID of a session that does not exist, the same for one token. **Shape** UUID v8. */
function noSessionOf({ jti }: SiteToken): string {
  const digest = createHash('sha256').update(`session of ${jti}`).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
