import { Inject, Injectable } from '@nestjs/common';
import { OPTIONS, type Options } from '../config/options.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { UserFinder } from '../http/user-id.js';
import { type BothIds, isShownId, type ShownId, shownIdOf } from '../user-id.js';
import { nameOf, type User } from './user.entity.js';

// With those of deleted users, whom the audit trail names. A user who is there comes last, and counts.

const PUBLIC_IDS = statement<[ids: readonly number[]], { id: number; publicId: string }>(
  'user_public_ids',
  `SELECT id, public_id AS "publicId" FROM tokenjar.deleted_users WHERE id = ANY ($1::bigint[])
    UNION ALL SELECT id, public_id FROM tokenjar.users WHERE id = ANY ($1::bigint[])`,
);
const FIND = statement<[publicId: string], { id: number }>(
  'user_by_public_id',
  `SELECT id FROM tokenjar.users WHERE public_id = $1
    UNION ALL SELECT id FROM tokenjar.deleted_users WHERE public_id = $1 LIMIT 1`,
);

/** Of users whose tokens do not say it. At about 100 bytes each. */
const MOST_KNOWN = 10_000;

/** The IDs of users as they are shown and accepted: numbers, or with `USER_ID=uuid` the public IDs. */
@Injectable()
export class UserIds implements UserFinder {
  private readonly known = new Map<number, string>();

  constructor(
    private readonly db: Database,
    @Inject(OPTIONS) private readonly options: Pick<Options, 'userId'>,
  ) {}

  get arePublic(): boolean {
    return this.options.userId === 'uuid';
  }

  /** As it is shown of a user who was read. */
  shown(user: BothIds): ShownId {
    return shownIdOf(user, this.options);
  }

  /** What a user is called who was read. */
  nameOf(user: Pick<User, 'id' | 'publicId' | 'email' | 'username'>): string {
    return nameOf(user, this.options);
  }

  /** As it is shown of users of whom the ID is known; null for one who was deleted before there were public IDs. */
  async shownOf(
    ids: readonly (number | null)[],
    queries: Queries = this.db,
  ): Promise<(id: number | null) => ShownId | null> {
    if (!this.arePublic) return (id) => id;
    const wanted = [...new Set(ids)].filter((id) => id !== null);
    const rows = wanted.length > 0 ? await queries.run(PUBLIC_IDS, [wanted]) : [];
    const found = new Map(rows.map(({ id, publicId }) => [id, publicId]));
    return (id) => (id === null ? null : (found.get(id) ?? null));
  }

  /** The public ID of a user whose token is from before; it never changes, so it is read once. */
  async publicIdOf(id: number): Promise<string | undefined> {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const publicId = (await this.db.run(PUBLIC_IDS, [[id]])).at(-1)?.publicId;
    if (publicId === undefined) return undefined;
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(id, publicId);
    return publicId;
  }

  /** Whether a text has the form that is shown. */
  isOne(text: string): boolean {
    return isShownId(text, this.options);
  }

  /** Whom a text names that was shown, deleted users included; undefined for nobody. */
  async find(text: string, queries: Queries = this.db): Promise<number | undefined> {
    if (!this.isOne(text)) return undefined;
    return this.arePublic ? (await queries.run(FIND, [text]))[0]?.id : Number(text);
  }

  /** The key of the table, of a user whom a host names by it or by what is shown; undefined for nobody. */
  async keyOf(user: ShownId): Promise<number | undefined> {
    if (typeof user === 'string') return this.find(user);
    return Number.isSafeInteger(user) && user > 0 ? user : undefined;
  }
}
