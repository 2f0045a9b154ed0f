import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Options } from '../../src/config/options.js';
import { TokenUsers } from '../../src/tokens/token-user.js';

export const referenceKey = (byte: number): KeyObject => createSecretKey(Buffer.alloc(32, byte));

/** How tokens name users, outside an app. */
export const tokenUsers = (
  options: Partial<Pick<Options, 'userId' | 'tokenFormat'>> = {},
  keys: [KeyObject, ...KeyObject[]] = [referenceKey(1)],
): TokenUsers => new TokenUsers({ userId: 'integer', tokenFormat: 'standard', ...options }, keys);
