import { Injectable } from '@nestjs/common';
import { columnsOf, fieldsOf } from '../database/columns.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { normalAddress } from '../email-address.js';
import type { ManagedUser } from '../http/admin-payloads.js';
import { isKeepable } from '../http/fields.js';
import { cursorInvalid, type Page, type Paged, pageOf } from '../http/paging.js';
import { User } from '../users/user.entity.js';

/** Which users are wanted; all of what is given. */
export interface WantedUsers {
  /** How the address begins, or the ID. */
  search?: string | undefined;
  role?: string | undefined;
  active?: boolean | undefined;
}

/** Follows every character of an address in the order of bytes. */
const AFTER_ALL = '\u{10ffff}';

const NOT_SHOWN = [
  'usernameFolded',
  'usernameSkeleton',
  'usernameIsExact',
  'passwordHash',
  'credentialsEpoch',
  'factorsEpoch',
  'hasUnprovenFactors',
  'claimsEpoch',
  'impersonatedUntil',
] as const;
const COLUMNS = `${columnsOf('u', fieldsOf(User, NOT_SHOWN))}, u.password_hash IS NOT NULL AS "hasPassword"`;

const select = (conditions: string): string => `SELECT ${COLUMNS} FROM tokenjar.users u WHERE ${conditions}`;
/** A parameter that is null is no condition to the planner, which knows the values of a statement that is not kept. */
const filters = (role: string, active: string): string =>
  // As the index is declared, which has no users without roles.
  `(${role}::text IS NULL OR u.roles <> '{}' AND u.roles @> ARRAY[${role}])
    AND (${active}::boolean IS NULL OR u.is_active = ${active})`;

const FIND = statement<[id: number], ManagedUser>('managed_user_find', select('u.id = $1'));

type Filters = [role: string | null, active: boolean | null];

const BY_ID = statement<[after: string, most: number, ...Filters], ManagedUser>(
  '',
  `${select(`u.id > $1 AND ${filters('$3', '$4')}`)} ORDER BY u.id LIMIT $2`,
);

/** In the order of bytes, whatever the collation of the database: a prefix is a range then. */
const ADDRESS = 'u.email COLLATE "C"';
const BY_ADDRESS = statement<
  [from: string, to: string, after: string, most: number, ...Filters, id: string | null],
  ManagedUser
>(
  '',
  `SELECT * FROM (
      (${select(`${ADDRESS} >= $1 AND ${ADDRESS} < $2 AND ${ADDRESS} > $3 AND ${filters('$5', '$6')}`)}
        ORDER BY ${ADDRESS} LIMIT $4)
      UNION ALL
      (${select(`u.id = $7 AND NOT (${ADDRESS} >= $1 AND ${ADDRESS} < $2) AND ${ADDRESS} > $3 AND ${filters('$5', '$6')}`)})
    ) found ORDER BY email COLLATE "C" LIMIT $4`,
);

/** **Shape** a bigint that JavaScript can hold. */
const ID = /^[1-9]\d{0,14}$/;

/** Finds users, a page at a time, however many there are: each page begins in an index where the last one ended. */
@Injectable()
export class UserSearch {
  constructor(private readonly db: Database) {}

  /** One, by the ID. */
  async find(id: number, queries: Queries = this.db): Promise<ManagedUser | undefined> {
    return (await queries.run(FIND, [id]))[0];
  }

  /** In the order of the IDs; of a search, of the addresses. **Errors** `input_invalid` for a cursor that is none. */
  async page({ search, role, active }: WantedUsers, page: Page): Promise<Paged<ManagedUser>> {
    const wanted: Filters = [role ?? null, active ?? null];
    if (search !== undefined) return this.pageOfSearch(search.trim(), wanted, page);
    const found = await this.db.run(BY_ID, [idAfter(page), page.limit + 1, ...wanted]);
    return pageOf(found, page, ({ id }) => String(id));
  }

  private async pageOfSearch(search: string, wanted: Filters, page: Page): Promise<Paged<ManagedUser>> {
    const from = normalAddress(search) ?? search.normalize('NFC').toLowerCase().normalize('NFC');
    const id = ID.test(search) ? search : null;
    const range = [from, from + AFTER_ALL, addressAfter(page), page.limit + 1] as const;
    const found = await this.db.run(BY_ADDRESS, [...range, ...wanted, id]);
    return pageOf(found, page, ({ email }) => Buffer.from(email ?? '').toString('base64url'));
  }
}

function idAfter({ after = '0' }: Page): string {
  if (!/^\d{1,16}$/.test(after)) throw cursorInvalid();
  return after;
}

function addressAfter({ after }: Page): string {
  if (after === undefined) return '';
  const address = Buffer.from(after, 'base64url').toString();
  if (!/^[\w-]{1,430}$/.test(after) || !isKeepable(address)) throw cursorInvalid();
  return address;
}
