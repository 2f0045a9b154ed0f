import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isMarkOf, type MarkKeys } from '../crypto/mark.js';
import { Database } from '../database/database.js';
import { TokenjarError } from '../errors.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { hookUserOf } from '../hooks/hooks.js';
import type { Caller } from '../http/caller.js';
import { User } from '../users/user.entity.js';
import * as sql from './live-session-statements.js';
import { MARK_KEYS } from './password-marks.js';
import type { SiteToken } from './site-tokens.js';

/** A token whose user may use it, and who that is. */
export interface Usable {
  userId: number;
  /** Undefined while no request has presented it. */
  lookupId: string | undefined;
}

/** Whose the tokens of the Django site are, and whether they may use them. */
@Injectable()
export class TokenHolders {
  constructor(
    private readonly db: Database,
    private readonly hooks: HookCalls,
    @Inject(MARK_KEYS) private readonly marks: MarkKeys,
  ) {}

  /** The session of a token, if one was opened. **Errors** `token_blacklisted`, `token_password_changed`, `user_*`. */
  async find(token: SiteToken, bindsPassword: boolean): Promise<Usable> {
    const [row] = await this.db.run(sql.FIND_TOKEN, [digestOf(token), token.subject]);
    if (row?.isKnown && row.lookupId === null) throw new TokenjarError('token_blacklisted');
    if (!row || row.userId === null) throw new TokenjarError('user_not_found');
    if (row.isActive !== true) throw new TokenjarError('user_inactive');
    if (row.lookupId !== null) return { userId: row.userId, lookupId: row.lookupId.replaceAll('-', '') };
    if (bindsPassword) this.demandPassword(token, row.passwordMark);
    if (row.isUnchanged !== true) throw new TokenjarError('token_blacklisted');
    return { userId: row.userId, lookupId: undefined };
  }

  /** A user of the site, for an access token. **Errors** `token_*`, `user_inactive`, `user_not_found`. */
  async userOf(token: SiteToken, bindsPassword: boolean): Promise<sql.SiteUserRow> {
    const [row] = await this.db.run(sql.FIND_SITE_USER, [token.subject]);
    if (!row) throw new TokenjarError('user_not_found');
    if (!row.isActive) throw new TokenjarError('user_inactive');
    if (bindsPassword) this.demandPassword(token, row.passwordMark);
    if (!row.isUnchanged) throw new TokenjarError('token_blacklisted');
    return row;
  }

  /** Once for each session: whoever may not sign in here does not come in by having been there. */
  async demandOfHost(userId: number, { ip, userAgent }: Caller): Promise<void> {
    if (!this.hooks.has('maySignIn')) return;
    const found = await this.db.repository(User).findOneBy({ id: userId });
    if (!found) throw new TokenjarError('user_not_found');
    const asked = { user: hookUserOf(found), methods: [], ip, userAgent };
    if ((await this.hooks.call('maySignIn', asked)) !== true) throw new TokenjarError('sign_in_refused');
  }

  /** **Errors** `token_password_changed`. */
  private demandPassword({ passwordMark }: SiteToken, mark: Buffer | null): void {
    if (passwordMark === undefined || mark === null || !isMarkOf(this.marks, passwordMark, mark))
      throw new TokenjarError('token_password_changed');
  }
}

/** What a token is kept as. */
export const digestOf = ({ jti }: SiteToken): Buffer => createHash('sha256').update(jti).digest();
