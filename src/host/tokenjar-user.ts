import { hookUserOf, type HookUser, type Profile } from '../hooks/hooks.js';
import { type ShownId, shownIdOf, type UserIdSetting } from '../user-id.js';
import type { User } from '../users/user.entity.js';

/** A user: by the key of the table (`Principal.userId`), or as a text by what is shown (`Principal.shownId`, a part of a path). */
export type UserRef = number | string;

/** An account, as a host sees it: no credential. */
export interface TokenjarUser extends HookUser {
  /** The ID as it is shown: with `USER_ID=uuid` the public one. */
  shownId: ShownId;
  isActive: boolean;
  hasPassword: boolean;
  /** The kinds of second factors, such as `totp`. */
  secondFactors: readonly string[];
  lastLoginAt: Date | null;
  /** The fields of the host's own schema, as they are kept; null without any. */
  profile: Profile | null;
}

export function tokenjarUserOf(user: User, setting: UserIdSetting): TokenjarUser {
  const { isActive, passwordHash, secondFactors, lastLoginAt, profile } = user;
  const shownId = shownIdOf(user, setting);
  return {
    ...hookUserOf(user),
    shownId,
    isActive,
    hasPassword: passwordHash !== null,
    secondFactors,
    lastLoginAt,
    profile,
  };
}
