import { createHash } from 'node:crypto';
import type { ForeignHash, HashOrigin } from '../crypto/imported-hash.js';
import { LONGEST_ADDRESS, normalAddress } from '../email-address.js';
import { UUID } from '../user-id.js';
import type { ExportedUser } from './exported.js';
import { ISSUERS, isPlain, isRoleName, isUsername, remarkPassword, type Say } from './accepted-values.js';
import type { IncomingAccount, IncomingIdentity } from './incoming-account.js';
import { type Remark, shown } from './remarks.js';
import { fromBase32 } from './totp-text.js';

/** What an entry of a file says of an account, as it stands there. */
export interface Said {
  /** Names the account there. */
  key: string;
  /** The ID that it may keep. */
  id?: number | undefined;
  email?: string | undefined;
  isVerified?: boolean;
  username?: string | undefined;
  isActive?: boolean;
  roles?: readonly string[];
  /** Whether it has the role of administrators there, which does not come. */
  isAdmin?: boolean;
  /** Roles that have no place here. */
  rolesDropped?: readonly string[];
  createdAt?: string | undefined;
  lastLoginAt?: string | undefined;
  /** Empty for an account without a password; undefined where another entry may say it. */
  hash?: ForeignHash | undefined;
  /** Undefined where other entries say them. @property provider of ours, or the name that it has there. */
  identities?: readonly {
    provider: string;
    subject: string;
    email?: string | undefined;
    createdAt?: string | undefined;
  }[];
  /** Base32, or the bytes. */
  totp?: string | Buffer | undefined;
  /** Second factors that cannot come. */
  factorsRefused?: readonly string[];
  /**
   * Whether the entry is no account, and adds to one from another entry: its password, or identities.
   * `known`: it is an account too, where there is none yet.
   */
  part?: 'always' | 'known';
  /** Of an account of another Tokenjar: the rest of it, and what the members above say of factors and identities. */
  exported?: ExportedUser;
}

const LONGEST_KEY = 255;
/** IDs that are kept raise the ones that are given from then on. */
const LARGEST_ID = 1e12;

/** The account that is here of what was said; undefined if nothing names it. Pure. */
export function toAccount(said: Said, hashes: HashOrigin, isTrusted: boolean): IncomingAccount | undefined {
  const { key, id, part, exported } = said;
  if (key === '' || key.length > LONGEST_KEY || !isPlain(key)) return undefined;
  const remarks: Remark[] = [];
  const say: Say = (kind, more) =>
    void remarks.push({
      kind,
      key,
      name: shown(said.username ?? said.email ?? ''),
      ...(more && { more: shown(more) }),
    });
  const email = addressOf(said, say);
  const username = usernameOf(said, say);
  const identities = identitiesOf(said, say);
  const ways = identities.length + (exported?.passkeys.length ?? 0);
  const isNobody = email === null && username === null && ways === 0;
  if (isNobody && part === undefined) say('no_way_in');
  else if (email === null && part === undefined) say('no_address');
  if (said.hash !== undefined) remarkPassword(said.hash, hashes, say);
  if (said.isAdmin) say('admin');
  if (said.rolesDropped?.length) say('roles_dropped', said.rolesDropped.join(', '));
  return {
    key,
    publicId: UUID.test(key) ? key : undefined,
    id: id !== undefined && isKept(id, exported) ? id : undefined,
    email,
    isVerified: email !== null && (isTrusted || said.isVerified === true),
    username,
    isActive: said.isActive !== false,
    roles: rolesOf(said, say),
    createdAt: dateOf(said.createdAt, say),
    lastLoginAt: dateOf(said.lastLoginAt, say),
    hash: said.hash ?? '',
    identities,
    factors: factorsOf(said, say),
    ...(exported && { exported }),
    remarks,
  };
}

const isKept = (id: number, exported: ExportedUser | undefined): boolean =>
  Number.isSafeInteger(id) && id >= 1 && (id <= LARGEST_ID || exported !== undefined);

/** A key of an account that has nothing but an address there: what is left of a deleted one must not be that. */
export const digestKey = (text: string): string => createHash('sha256').update(text).digest('hex');

/** **Unit** milliseconds since 1970. */
export const epochDate = (milliseconds: number): string | undefined => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

function addressOf({ email, part }: Said, say: Say): string | null {
  if (email === undefined || email.trim() === '') return null;
  const address = email.length <= LONGEST_ADDRESS ? normalAddress(email) : undefined;
  if (address === undefined && part !== 'always') say('address_invalid', email);
  return address ?? null;
}

function usernameOf({ username }: Said, say: Say): string | null {
  if (username === undefined || username === '') return null;
  if (isUsername(username)) return username;
  say('username_invalid', username);
  return null;
}

function rolesOf({ roles = [] }: Said, say: Say): string[] {
  for (const each of roles) if (!isRoleName(each)) say('role_invalid', each);
  return [...new Set(roles.filter(isRoleName))].sort();
}

function identitiesOf({ identities = [], exported }: Said, say: Say): IncomingIdentity[] {
  if (exported)
    return exported.identities.map((each) => ({ ...each, createdAt: each.created_at, exported: each }));
  return identities.flatMap(({ provider, subject, email, createdAt }) => {
    const issuer = ISSUERS.get(provider);
    if (issuer !== undefined && subject !== '' && subject.length <= LONGEST_KEY && isPlain(subject))
      return {
        provider,
        issuer,
        subject,
        email: email === undefined ? null : (normalAddress(email) ?? null),
        createdAt: dateOf(createdAt, say),
      };
    say('account_unknown', provider);
    return [];
  });
}

function factorsOf({ totp, factorsRefused = [], exported }: Said, say: Say): IncomingAccount['factors'] {
  for (const type of factorsRefused) say('factor_dropped', type);
  const secret = typeof totp === 'string' ? fromBase32(totp) : totp;
  const isSecret = secret !== undefined && secret.length >= 10 && secret.length <= 128;
  if (totp !== undefined && !isSecret) say('factor_dropped', 'totp');
  const known = exported?.totp ?? undefined;
  return {
    totp: isSecret ? { secret, createdAt: known?.created_at ?? null, exported: known } : undefined,
    codes: [],
    refused: [],
  };
}

/** What a date may look like; JavaScript reads much more than that. */
const DATE =
  /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?)?$/;

/** A moment in one form, so that the next run sees the same. Without a zone it is in UTC. */
function dateOf(text: string | undefined, say: Say): string | null {
  if (text === undefined) return null;
  const found = DATE.test(text) ? new Date(isoOf(text)) : new Date(Number.NaN);
  if (!Number.isNaN(found.getTime())) return found.toISOString();
  say('date_dropped', text);
  return null;
}

function isoOf(text: string): string {
  const [, day = '', time = '00:00', zone = 'Z'] =
    /^(\S{10})(?:[T ]([\d:.]+))?(?: ?(Z|UTC|[+-][\d:]+))?$/.exec(text) ?? [];
  const [, hours = '', minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return `${day}T${time}${hours === '' ? 'Z' : `${hours}:${minutes}`}`;
}
