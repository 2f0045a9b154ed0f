import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { type ShownId, type UserIdSetting, UUID } from '../user-id.js';
import { isUserId, userIdOf } from './user-id.js';

/** Whom a token is of. */
export interface TokenUser {
  userId: number;
  /** With `USER_ID=uuid`; undefined in tokens from before. **Shape** UUID in lower case. */
  publicId?: string | undefined;
}

/** What is shown of them; undefined where the token does not say it. */
export const shownIdIn = ({ userId, publicId }: TokenUser, setting: UserIdSetting): ShownId | undefined =>
  setting.userId === 'uuid' ? publicId : userId;

/** What names a user in a token: the claim of the user, and `user_ref` beside it. */
export interface TokenUserClaims {
  name: unknown;
  ref: unknown;
}

/** A block of AES. **Unit** bytes. */
const BLOCK = 16;
const REF = /^[\w-]{22}$/;

/**
 * How tokens name users. With `USER_ID=integer` by the ID. With `USER_ID=uuid` by the public ID, and beside it by
 * `user_ref`, the ID encrypted: the guard knows the ID without a query, and nobody else learns it. Both forms are always
 * read, so that tokens of before a change of the setting, or of an instance that has not changed yet, go on.
 *
 * **Shape** of `user_ref`: base64url of one block of AES-256, which is 8 zero bytes and the ID (big-endian). The same for
 * every token of a user, as refresh tokens have to be. It is part of what is signed; the zeros tell which key it was.
 * **Source** FIPS 197: one block, so there is no mode.
 */
export class TokenUsers {
  /** @param keys the current one, and those of before. */
  constructor(
    private readonly options: Pick<Options, 'userId' | 'tokenFormat'>,
    private readonly keys: readonly [KeyObject, ...KeyObject[]],
  ) {}

  nameOf({ userId, publicId }: TokenUser): string {
    if (this.options.userId === 'integer') return String(userId);
    if (publicId === undefined) throw new TypeError('a token is to name a user by an unknown public ID');
    return publicId;
  }

  /** Undefined where the name says it. */
  refOf({ userId }: TokenUser): string | undefined {
    if (this.options.userId === 'integer') return undefined;
    return this.encode(userId);
  }

  /** Undefined for what names no user of ours. */
  read({ name, ref }: TokenUserClaims): TokenUser | undefined {
    if (ref === undefined)
      return isUserId(name, this.options.tokenFormat) ? { userId: Number(name) } : undefined;
    const userId = typeof ref === 'string' ? this.decode(ref) : undefined;
    if (userId === undefined || typeof name !== 'string' || !UUID.test(name)) return undefined;
    return { userId, publicId: name };
  }

  /** Whom the claims of an access token name. **Errors** `user_not_found`. */
  demand(claims: Readonly<Record<string, unknown>>, claim: string): TokenUser {
    const name = userIdOf(claims, claim);
    const user = this.read({ name, ref: claims.user_ref });
    // Well signed, but for nobody we could know: another issuer shares the key, or the claim was renamed.
    if (!user)
      throw new TokenjarError('user_not_found', name === undefined ? { tokenProblem: 'no_user' } : {});
    return user;
  }

  /** An ID that only we can read. */
  encode(userId: number): string {
    const block = Buffer.alloc(BLOCK);
    block.writeBigUInt64BE(BigInt(userId), BLOCK / 2);
    const cipher = createCipheriv('aes-256-ecb', this.keys[0], null).setAutoPadding(false);
    return cipher.update(block).toString('base64url');
  }

  /** Undefined for what {@link encode} has not written. */
  decode(ref: string): number | undefined {
    if (!REF.test(ref)) return undefined;
    const bytes = Buffer.from(ref, 'base64url');
    for (const key of this.keys) {
      const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false);
      const block = decipher.update(bytes);
      const id = block.readBigUInt64BE(BLOCK / 2);
      if (block.readBigUInt64BE(0) === 0n && id <= Number.MAX_SAFE_INTEGER) return Number(id);
    }
    return undefined;
  }
}
