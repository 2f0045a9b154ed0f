import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import type { AccessClaims } from '../tokens/access-token.js';
import { UserIds } from '../users/user-ids.js';

/** The claims of access tokens, as other services are shown them. */
@Injectable()
export class ShownClaims {
  constructor(
    private readonly ids: UserIds,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'userIdClaim' | 'authHeaderTypes'>,
  ) {}

  /** How a token is sent. **Source** RFC 7662 §2.2, `token_type`. */
  get scheme(): string {
    return this.options.authHeaderTypes[0] ?? 'Bearer';
  }

  /** A token may name its user as before a change of `USER_ID`; the answer does not. */
  async of({ all, userId, actor }: AccessClaims): Promise<Readonly<Record<string, unknown>>> {
    const { user_ref: reference, act, ...claims } = all;
    if (this.ids.arePublic === (reference !== undefined)) return all;
    const shown = await this.ids.shownOf([userId, actor?.userId ?? null]);
    const name = [this.options.userIdClaim, 'sub', 'user_id'].find((each) => each in claims) ?? 'sub';
    return {
      ...claims,
      [name]: String(shown(userId)),
      ...(actor && { act: { ...(act as object), sub: String(shown(actor.userId)), user_ref: undefined } }),
    };
  }
}
