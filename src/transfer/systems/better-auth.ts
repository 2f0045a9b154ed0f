import type { Said } from '../said.js';
import type { Entry, System } from './system.js';
import { isTrue, text, texts } from './values.js';

/**
 * better-auth: its tables `user`, `account` and `twoFactor` as lists of one JSON document. **Source** better-auth
 * documentation, "Database", "Username", "Admin", "Two-Factor".
 */
export const betterAuth: System = {
  title: 'better-auth',
  isDocument: true,
  passes: [
    ['user', 'users'],
    ['account', 'accounts', 'twoFactor', 'two_factor'],
  ],
  read(entry, section, { now }) {
    if (section.startsWith('account')) return accountOf(entry);
    if (section.startsWith('two')) return factorOf(entry);
    const key = text(entry, 'id');
    if (key === undefined) return undefined;
    const banExpires = text(entry, 'banExpires', 'ban_expires');
    const isBanned = isTrue(entry, 'banned') && !(banExpires && Date.parse(banExpires) <= now.getTime());
    return {
      key,
      email: text(entry, 'email'),
      isVerified: isTrue(entry, 'emailVerified', 'email_verified'),
      username: text(entry, 'displayUsername', 'display_username', 'username'),
      isActive: !isBanned,
      roles: texts(entry.role),
      createdAt: text(entry, 'createdAt', 'created_at'),
    };
  },
};

function accountOf(entry: Entry): Said | undefined {
  const key = text(entry, 'userId', 'user_id');
  const provider = text(entry, 'providerId', 'provider_id');
  if (key === undefined || provider === undefined) return undefined;
  if (provider === 'credential') return { key, hash: text(entry, 'password') ?? '', part: 'always' };
  const subject = text(entry, 'accountId', 'account_id') ?? '';
  const createdAt = text(entry, 'createdAt', 'created_at');
  return { key, identities: [{ provider, subject, createdAt }], part: 'always' };
}

/** It encrypts the secret and the codes with a key of its own. */
function factorOf(entry: Entry): Said | undefined {
  const key = text(entry, 'userId', 'user_id');
  return key === undefined ? undefined : { key, factorsRefused: ['totp'], part: 'always' };
}
