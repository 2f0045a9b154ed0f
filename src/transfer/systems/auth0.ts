import type { Said } from '../said.js';
import type { Entry, System } from './system.js';
import { at, entries, isTrue, object, text, texts } from './values.js';

const PROVIDERS: ReadonlyMap<string, string> = new Map([['google-oauth2', 'google']]);

/**
 * Auth0: the job that exports users, the export of password hashes that its support sends, and its own format for
 * imports. **Source** Auth0 documentation, "Bulk User Exports", "Bulk User Imports", "Export Data".
 */
export const auth0: System = {
  title: 'Auth0',
  read(entry, _section, { rolesFrom }) {
    const oid = text(object(entry, '_id'), '$oid');
    if (oid !== undefined) return ofHashes(entry, oid);
    const key = text(entry, 'user_id', 'Id');
    if (key === undefined) return undefined;
    const identities = entries(entry, 'identities');
    const factors = entries(entry, 'mfa_factors');
    return {
      // Their own import format leaves out the name of the connection's kind.
      key: key.includes('|') ? key : `auth0|${key}`,
      email: text(entry, 'email', 'Email'),
      isVerified: isTrue(entry, 'email_verified', 'Email Verified'),
      username: text(entry, 'username'),
      isActive: !isTrue(entry, 'blocked'),
      ...(rolesFrom !== undefined && { roles: texts(at(entry, rolesFrom)) }),
      createdAt: text(entry, 'created_at', 'Created At'),
      lastLoginAt: text(entry, 'last_login', 'Last Login'),
      // A list of users says nothing of passwords.
      hash: text(entry, 'password_hash', 'passwordHash'),
      identities: identities.length > 0 ? identities.flatMap(identityOf) : identityOfKey(key),
      totp: factors.map((each) => text(object(each, 'totp'), 'secret')).find((each) => each !== undefined),
      factorsRefused: factors.flatMap((each) => Object.keys(each)).filter((each) => each !== 'totp'),
    };
  },
};

/** The hashes come in a file of their own, for users who are here, or alone. */
const ofHashes = (entry: Entry, oid: string): Said => ({
  key: `auth0|${oid}`,
  email: text(entry, 'email'),
  isVerified: isTrue(entry, 'email_verified'),
  username: text(entry, 'username'),
  hash: text(entry, 'passwordHash') ?? '',
  part: 'known',
});

function identityOf(entry: Entry): NonNullable<Said['identities']> {
  const provider = text(entry, 'provider') ?? '';
  const email = text(object(entry, 'profileData'), 'email');
  return provider === 'auth0'
    ? []
    : [{ provider: PROVIDERS.get(provider) ?? provider, subject: text(entry, 'user_id') ?? '', email }];
}

/** **Shape** `google-oauth2|1234`. */
function identityOfKey(key: string): NonNullable<Said['identities']> {
  const bar = key.indexOf('|');
  return bar === -1 ? [] : identityOf({ provider: key.slice(0, bar), user_id: key.slice(bar + 1) });
}
