import { Injectable } from '@nestjs/common';
import { columnsOf, fieldsOf } from '../database/columns.js';
import { Database } from '../database/database.js';
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
  'passwordHash',
  'credentialsEpoch',
  'factorsEpoch',
  'hasUnprovenFactors',
  'claimsEpoch',
] as const;
const COLUMNS = `${columnsOf('u', fieldsOf(User, NOT_SHOWN))}, u.password_hash IS NOT NULL AS "hasPassword"`;

/** **Shape** a bigint of PostgreSQL that JavaScript can hold. */
const ID = /^[1-9]\d{0,14}$/;

/**
 * Finds users, a page at a time, however many there are: each page begins in an index where the last one ended.
 *
 * The statements are not kept: their plans depend on the role that is wanted.
 */
@Injectable()
export class UserSearch {
  constructor(private readonly db: Database) {}

  /** In the order of the IDs; of a search, of the addresses. **Errors** `input_invalid` for a cursor that is none. */
  async page({ search, ...wanted }: WantedUsers, page: Page): Promise<Paged<ManagedUser>> {
    if (search !== undefined) return this.pageOfSearch(search.trim(), wanted, page);
    const values: unknown[] = [idAfter(page), page.limit + 1];
    const conditions = ['u.id > $1', ...conditionsOf(wanted, values)];
    const found = await this.run(`${select(conditions)} ORDER BY u.id LIMIT $2`, values);
    return pageOf(found, page, ({ id }) => String(id));
  }

  private async pageOfSearch(search: string, wanted: Filters, page: Page): Promise<Paged<ManagedUser>> {
    const start = normalAddress(search) ?? search.normalize('NFC').toLowerCase().normalize('NFC');
    const values: unknown[] = [start, start + AFTER_ALL, addressAfter(page), page.limit + 1];
    const conditions = [`${ADDRESS} > $3`, ...conditionsOf(wanted, values)];
    const byAddress = select([`${ADDRESS} >= $1`, `${ADDRESS} < $2`, ...conditions]);
    const parts = [`(${byAddress} ORDER BY ${ADDRESS} LIMIT $4)`];
    if (ID.test(search)) {
      values.push(search);
      const isElsewhere = `(${ADDRESS} < $1 OR ${ADDRESS} >= $2)`;
      parts.push(`(${select([`u.id = $${values.length}`, isElsewhere, ...conditions])})`);
    }
    const text = `SELECT * FROM (${parts.join(' UNION ALL ')}) found ORDER BY email COLLATE "C" LIMIT $4`;
    const found = await this.run(text, values);
    return pageOf(found, page, ({ email }) => Buffer.from(email).toString('base64url'));
  }

  private run(text: string, values: unknown[]): Promise<ManagedUser[]> {
    return this.db.run(statement<unknown[], ManagedUser>('', text), values);
  }
}

type Filters = Omit<WantedUsers, 'search'>;

/** In the order of bytes, whatever the collation of the database: a prefix is a range then. */
const ADDRESS = 'u.email COLLATE "C"';

const select = (conditions: readonly string[]): string =>
  `SELECT ${COLUMNS} FROM tokenjar.users u WHERE ${conditions.join(' AND ')}`;

/** @param values to which those of the conditions are added. */
function conditionsOf({ role, active }: Filters, values: unknown[]): string[] {
  const conditions: string[] = [];
  if (active !== undefined) conditions.push(active ? 'u.is_active' : 'NOT u.is_active');
  // As the index is declared, which has no users without roles.
  if (role !== undefined)
    conditions.push(`u.roles <> '{}' AND u.roles @> ARRAY[$${values.push(role)}::text]`);
  return conditions;
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
