/** What cannot come as it was, or comes differently, and why. */
export type RemarkKind = keyof typeof REMARKS;

/** In words, for the report. */
export const REMARKS = {
  no_way_in: 'has neither an address nor a username to sign in with; only a session that is alive goes on',
  no_address: 'has no address, and signs in by username',
  address_invalid: 'has no valid address, and signs in by username',
  address_shared: 'shares the address with another user, who keeps it; signs in by username',
  address_taken: 'has the address of an account that is here already; signs in by username',
  addresses_dropped: 'has further addresses: only the primary one comes',
  username_taken: 'has the username of an account that is here already',
  username_invalid: 'has a username that cannot be one here',
  username_exact:
    'has a username that differs from another one only in case or width: it is found as written only',
  no_password: 'has no password: an emailed link sets one',
  hash_unknown: 'has a password hash of an unknown format: an emailed link sets a new password',
  hash_malformed: 'has a password hash that cannot be read: an emailed link sets a new password',
  hash_too_costly: 'has a password hash that would take too much work: an emailed link sets a new password',
  hash_truncates: 'has a password hash of which only the first bytes count, until the next sign-in',
  id_taken: 'has the ID of an account that is here already, and gets another one',
  permissions_dropped: 'has permissions beside those of groups, which have no place here',
  role_invalid: 'is in a group whose name cannot be that of a role',
  admin: 'has the role admin there, which --admins gives here',
  staff: 'is staff or superuser, which gives no role unless a flag says which',
  account_unknown: 'has a social account of a provider that is not known here',
  account_taken: 'has a social account that is linked to another user here',
  factor_dropped: 'has a second factor that cannot come',
  bound_to_id: 'has recovery codes, sessions or trusted devices that only go on with the ID that it had',
  belongings_taken: 'has a passkey, an API key, a session or a recovery code that is here already',
  newer_there: 'has other passkeys or API keys there than when it came: here these stay as they are',
  date_dropped: 'has a date that cannot be stored',
  roles_dropped: 'has roles that have no place here',
  not_a_person: 'is no account of a person, and is not imported',
  part_of_nobody: 'is said to have something, and did not come: import the users first',
  deleted_here: 'was deleted here after an earlier import, and stays so',
  changed_here: 'has changed here since an earlier import: what is newer stays',
  gone_there: 'is no longer at the site; the account here was left as it is',
  gone_deactivated: 'is no longer at the site, and was deactivated here',
} as const;

/** Of one account. */
export interface Remark {
  kind: RemarkKind;
  key: string;
  name: string;
  more?: string;
}

/** What an account is called in the report. */
export interface Named {
  key: string;
  username: string | null;
  email: string | null;
}

export const remarkOf = (account: Named, kind: RemarkKind, more?: string): Remark => ({
  kind,
  key: account.key,
  name: account.username ?? account.email ?? '',
  ...(more !== undefined && { more }),
});

/** For the report, in which what comes from elsewhere must not write what it likes, or fill the memory. */
export const shown = (text: string): string => text.slice(0, 200).replace(/\p{C}/gu, '\ufffd');
