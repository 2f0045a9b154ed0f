import { END, HEADER, REFUSAL, ROLE, USER } from '../exported.js';
import type { Entry, System } from './system.js';

/** Another Tokenjar: `tokenjar export FILE`. **Source** `exported.ts`. */
export const tokenjar: System = {
  title: 'Tokenjar',
  isOwn: true,
  read(entry) {
    if (!('user' in entry)) return isAside(entry) ? 'aside' : undefined;
    const { data: exported } = USER.safeParse(entry.user);
    if (!exported) return undefined;
    const { id, totp } = exported;
    return {
      // Of two installations, numbers may be those of two people.
      key: exported.public_id,
      id,
      email: exported.email ?? undefined,
      isVerified: exported.email_verified,
      username: exported.username ?? undefined,
      isActive: exported.is_active,
      roles: exported.roles,
      createdAt: exported.created_at,
      lastLoginAt: exported.last_login_at ?? undefined,
      hash: exported.password_hash ?? '',
      totp: totp?.secret,
      exported,
    };
  },
};

const isAside = (entry: Entry): boolean =>
  ROLE.safeParse(entry.role).success ||
  REFUSAL.safeParse(entry.refusal).success ||
  HEADER.safeParse(entry).success ||
  END.safeParse(entry).success;
