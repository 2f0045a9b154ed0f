import type { Said } from '../said.js';
import type { Entry, System } from './system.js';
import { at, entries, isTrue, object, text, texts } from './values.js';

/**
 * Supabase: rows of `auth.users` and `auth.identities`, as JSON or CSV; identities and factors may be members of their
 * user. **Source** the schema of supabase/auth (GoTrue).
 */
export const supabase: System = {
  title: 'Supabase',
  reads: ['csv'],
  read(entry, _section, { now, rolesFrom }) {
    const owner = text(entry, 'user_id');
    if (owner !== undefined && 'identity_data' in entry)
      return { key: owner, identities: identityOf(entry), part: 'always' };
    const key = text(entry, 'id');
    if (key === undefined || !('encrypted_password' in entry)) return undefined;
    if (isTrue(entry, 'is_anonymous')) return 'skip';
    const bannedUntil = text(entry, 'banned_until');
    const isBanned = bannedUntil !== undefined && !(Date.parse(bannedUntil) <= now.getTime());
    const factors = entries(entry, 'mfa_factors').filter((each) => each.status !== 'unverified');
    const apps = factors.filter((each) => each.factor_type === 'totp');
    return {
      key,
      email: text(entry, 'email'),
      isVerified: text(entry, 'email_confirmed_at', 'confirmed_at') !== undefined,
      isActive: !isBanned && text(entry, 'deleted_at') === undefined,
      ...(rolesFrom !== undefined && { roles: texts(at(entry, rolesFrom)) }),
      createdAt: text(entry, 'created_at'),
      lastLoginAt: text(entry, 'last_sign_in_at'),
      hash: text(entry, 'encrypted_password') ?? '',
      // In a table of their own otherwise.
      identities: 'identities' in entry ? entries(entry, 'identities').flatMap(identityOf) : undefined,
      totp: text(apps[0] ?? {}, 'secret'),
      factorsRefused: factors
        .filter((each) => each !== apps[0])
        .map((each) => text(each, 'factor_type') ?? 'unknown'),
    };
  },
};

function identityOf(entry: Entry): NonNullable<Said['identities']> {
  const provider = text(entry, 'provider') ?? '';
  // A password, or a number, which is no account elsewhere.
  if (provider === 'email' || provider === 'phone') return [];
  const data = object(entry, 'identity_data');
  const subject = text(entry, 'provider_id') ?? text(data, 'sub') ?? '';
  return [{ provider, subject, email: text(data, 'email'), createdAt: text(entry, 'created_at') }];
}
