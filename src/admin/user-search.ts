import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { columnsOf, fieldsOf } from '../database/columns.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { normalAddress } from '../email-address.js';
import type { ManagedUser } from '../http/admin-payloads.js';
import { isKeepable } from '../http/fields.js';
import { cursorInvalid, type Page, type Paged, pageOf } from '../http/paging.js';
import { foldedUsername } from '../username.js';
import { TokenUsers } from '../tokens/token-user.js';
import { User } from '../users/user.entity.js';
import { UserIds } from '../users/user-ids.js';

/** Which users are wanted; all of what is given. */
export interface WantedUsers {
  /** How the address or the username begins, or the ID. */
  search?: string | undefined;
  role?: string | undefined;
  active?: boolean | undefined;
}

/** Follows every character of a name in the order of bytes. */
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

const select = (conditions: string, further = ''): string =>
  `SELECT ${[COLUMNS, ...(further && [further])].join(', ')} FROM tokenjar.users u WHERE ${conditions}`;
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
const NAME = 'u.username_folded COLLATE "C"';
const IS_ADDRESS = `(${ADDRESS} >= $1 AND ${ADDRESS} < $2)`;
const ELSE = `${IS_ADDRESS} IS NOT TRUE`;
const IS_WANTED = filters('$10', '$11');
/** Nobody twice: by the address, then by the ID, then by the username. Names that were imported may share a form. */
const BY_NAME = statement<
  [
    ...addresses: [from: string, to: string],
    ...names: [from: string, to: string],
    // Null where all of them were shown already.
    afterAddress: string | null,
    id: number | null,
    ...afterName: [name: string, id: string],
    most: number,
    ...Filters,
    exceptId: number | null,
  ],
  ManagedUser & Omit<Place, 'id'>
>(
  '',
  `SELECT * FROM (
      (${select(`${IS_ADDRESS} AND ${ADDRESS} > $5::text AND ${IS_WANTED}`, '1 AS rank, u.email AS name')}
        ORDER BY ${ADDRESS} LIMIT $9)
      UNION ALL
      (${select(`u.id = $6::bigint AND ${ELSE} AND ${IS_WANTED}`, `2 AS rank, '' AS name`)})
      UNION ALL
      (${select(
        `${NAME} >= $3 AND ${NAME} < $4 AND (${NAME}, u.id) > ($7::text, $8::bigint) AND ${ELSE}
          AND u.id IS DISTINCT FROM $12::bigint AND ${IS_WANTED}`,
        '3 AS rank, u.username_folded AS name',
      )} ORDER BY ${NAME}, u.id LIMIT $9)
    ) found ORDER BY rank, name COLLATE "C", id LIMIT $9`,
);

/** Where somebody stands in the list of a search. */
interface Place {
  rank: number;
  /** That by which they were found. */
  name: string;
  id: string;
}

/** Finds users, a page at a time, however many there are: each page begins in an index where the last one ended. */
@Injectable()
export class UserSearch {
  constructor(
    private readonly db: Database,
    private readonly ids: UserIds,
    private readonly tokenUsers: TokenUsers,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'signInWith'>,
  ) {}

  /** One, by the ID. */
  async find(id: number, queries: Queries = this.db): Promise<ManagedUser | undefined> {
    return (await queries.run(FIND, [id]))[0];
  }

  /**
   * In the order of the IDs; of a search, of the addresses, then of the usernames. **Errors** `input_invalid` for a cursor that is none.
   */
  async page({ search, role, active }: WantedUsers, page: Page): Promise<Paged<ManagedUser>> {
    const wanted: Filters = [role ?? null, active ?? null];
    if (search !== undefined) return this.pageOfSearch(search.trim(), wanted, page);
    const found = await this.db.run(BY_ID, [this.idAfter(page), page.limit + 1, ...wanted]);
    return pageOf(found, page, ({ id }) => this.cursorOf(id));
  }

  private async pageOfSearch(search: string, wanted: Filters, page: Page): Promise<Paged<ManagedUser>> {
    const after = this.placeAfter(page);
    const address = normalAddress(search) ?? search.normalize('NFC').toLowerCase().normalize('NFC');
    const name = foldedUsername(search);
    // What nobody signs in with is not shown, so nobody is found by it.
    const names =
      this.options.signInWith === 'email' ? (['', ''] as const) : ([name, name + AFTER_ALL] as const);
    const id = (await this.ids.find(search)) ?? null;
    const found = await this.db.run(BY_NAME, [
      ...([address, address + AFTER_ALL] as const),
      ...names,
      after.rank > 1 ? null : after.name,
      after.rank > 1 ? null : id,
      ...(after.rank > 2 ? ([after.name, after.id] as const) : (['', '0'] as const)),
      page.limit + 1,
      ...wanted,
      id,
    ]);
    return pageOf(found, page, (last) =>
      Buffer.from([last.rank, this.cursorOf(last.id), last.name].join(':')).toString('base64url'),
    );
  }

  /** Where the ID is not shown, it is encrypted: the page begins in the order of the table all the same. */
  private cursorOf(id: number): string {
    return this.ids.arePublic ? this.tokenUsers.encode(id) : String(id);
  }

  private idAfter({ after }: Page): string {
    return after === undefined ? '0' : this.idOf(after);
  }

  /** **Errors** `input_invalid` for what {@link cursorOf} does not write. */
  private idOf(text: string): string {
    if (/^\d{1,16}$/.test(text)) return text;
    const id = this.tokenUsers.decode(text);
    if (id === undefined) throw cursorInvalid();
    return String(id);
  }

  private placeAfter({ after }: Page): Place {
    if (after === undefined) return { rank: 0, id: '0', name: '' };
    const text = /^[\w-]{1,2000}$/.test(after) ? Buffer.from(after, 'base64url').toString() : '';
    const [, rank, id = '', name = ''] = /^([123]):([\w-]{1,22}):(.*)$/s.exec(text) ?? [];
    if (rank === undefined || !isKeepable(name)) throw cursorInvalid();
    return { rank: Number(rank), id: this.idOf(id), name };
  }
}
