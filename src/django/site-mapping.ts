import { normalAddress } from '../email-address.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { IncomingAccount, IncomingIdentity } from '../transfer/incoming-account.js';
import { isRoleName, isUsername, ISSUERS, remarkPassword, type Say } from '../transfer/accepted-values.js';
import type { Remark, RemarkKind } from '../transfer/remarks.js';
import { UUID } from '../user-id.js';
import { factorsOf } from './site-factors.js';
import type { SiteUser } from './site-users.js';

/** What the command line says of the move. */
export interface Choices {
  signInWith: 'email' | 'username' | 'both';
  staffRole?: string | undefined;
  superuserRole?: string | undefined;
  /** Whether a group that is called as our role of administrators gives that role. */
  takesAdmins?: boolean | undefined;
  /** How many recovery codes the site gives a user. */
  recoveryCodes?: number | undefined;
}

const LARGEST_ID = BigInt(Number.MAX_SAFE_INTEGER);
/** Dates that PostgreSQL writes and takes back as they are: no infinity, and no year before the first. */
const DATE = /^\d{4,5}-\d\d-\d\d /;

/**
 * What becomes of a user of the site. Pure.
 *
 * @param holders who keeps an address that several have, by the address in lower case.
 */
export function mapUser(
  user: SiteUser,
  choices: Choices,
  holders: ReadonlyMap<string, string>,
): IncomingAccount {
  const remarks: Remark[] = [];
  const remark = (kind: RemarkKind, more?: string) =>
    void remarks.push({ kind, key: user.key, name: user.username ?? user.email, ...(more && { more }) });
  const email = addressOf(user, holders, remark);
  const username = usernameOf(user, choices, remark);
  if (email === null && username === null) remark('no_way_in');
  const factors = factorsOf(user, choices.recoveryCodes);
  for (const type of factors.refused) remark('factor_dropped', type);
  remarkPassword(user.password, { system: 'django' }, remark);
  if (user.permissions.length > 0) remark('permissions_dropped', user.permissions.join(', '));
  return {
    key: user.key,
    id: /^[1-9]\d{0,18}$/.test(user.key) && BigInt(user.key) <= LARGEST_ID ? Number(user.key) : undefined,
    publicId: UUID.test(user.key) ? user.key : undefined,
    email,
    isVerified:
      email !== null && user.addresses.some((each) => each.isVerified && normalAddress(each.email) === email),
    username,
    isActive: user.isActive,
    roles: rolesOf(user, choices, remark),
    createdAt: dateOf(user.joinedAt, remark),
    lastLoginAt: dateOf(user.lastLoginAt, remark),
    hash: user.password,
    identities: identitiesOf(user, remark),
    factors,
    remarks,
  };
}

function addressOf(user: SiteUser, holders: ReadonlyMap<string, string>, remark: Say): string | null {
  const primary = user.addresses.find(({ isPrimary }) => isPrimary)?.email ?? '';
  const given = user.email.trim() || primary;
  const others = user.addresses.filter((each) => normalAddress(each.email) !== normalAddress(given));
  if (others.length > 0) remark('addresses_dropped', others.map((each) => each.email).join(', '));
  if (given === '') return said(remark, 'no_address');
  const email = normalAddress(given);
  if (email === undefined) return said(remark, 'address_invalid', given);
  const holder = holders.get(given.toLowerCase()) ?? holders.get(email);
  if (holder !== undefined && holder !== user.key) return said(remark, 'address_shared', email);
  return email;
}

function usernameOf({ username }: SiteUser, { signInWith }: Choices, remark: Say): string | null {
  if (signInWith === 'email' || username === null || username === '') return null;
  return isUsername(username) ? username : said(remark, 'username_invalid', username);
}

function rolesOf(user: SiteUser, { staffRole, superuserRole, takesAdmins }: Choices, remark: Say): string[] {
  const roles = new Set<string>();
  for (const group of user.groups)
    if (group === ADMIN_ROLE && takesAdmins !== true) remark('admin');
    else if (isRoleName(group)) roles.add(group);
    else remark('role_invalid', group);
  if (user.isStaff && staffRole !== undefined) roles.add(staffRole);
  if (user.isSuperuser && superuserRole !== undefined) roles.add(superuserRole);
  const isLost = (user.isStaff && !staffRole) || (user.isSuperuser && !superuserRole);
  if (isLost) remark('staff');
  return [...roles].sort();
}

function identitiesOf({ accounts }: SiteUser, remark: Say): IncomingIdentity[] {
  return accounts.flatMap(({ provider, subject, email, joinedAt }) => {
    const issuer = ISSUERS.get(provider);
    if (issuer !== undefined)
      return { provider, issuer, subject, email, createdAt: dateOf(joinedAt, remark) };
    remark('account_unknown', provider);
    return [];
  });
}

function dateOf(date: string | null, remark: Say): string | null {
  if (date === null || DATE.test(date)) return date;
  return said(remark, 'date_dropped', date);
}

const said = (remark: Say, kind: RemarkKind, more?: string): null => {
  remark(kind, more);
  return null;
};
