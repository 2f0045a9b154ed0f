import { Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { columnsOf } from '../database/columns.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { isUniqueViolation } from '../database/unique-violation.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { foldedUsername, newUsername, usernameColumns, usernameProblem } from '../username.js';
import { type User, USER_FIELDS } from './user.entity.js';

/** What somebody signs in with: an address in normal form, a username as it was typed, or text that may be either. */
export interface SignInName {
  email: string | null;
  username: string | null;
}

const COLUMNS = columnsOf('u', USER_FIELDS);

/** The address first: nobody else's username takes an account from the owner of its address. */
const FIND = statement<[email: string | null, username: string | null, folded: string | null], User>(
  'user_find_by_sign_in_name',
  `SELECT ${COLUMNS} FROM tokenjar.users u
    WHERE u.email = $1 OR u.username = $2 OR u.username_folded = $3 AND NOT u.username_is_exact
    ORDER BY (u.email = $1) IS TRUE DESC, (u.username = $2) IS TRUE DESC LIMIT 1`,
);

/**
 * Names in ASCII are told apart by what they consist of, however much they look alike: `jane1` and `janel` may both
 * exist. A name that waits for the verification of an address counts as taken by it.
 */
const IS_TAKEN = statement<
  [
    folded: string,
    skeleton: string,
    isAscii: boolean,
    exceptUser: number | null,
    exceptAddress: string | null,
    now: Date,
  ],
  { isTaken: boolean }
>(
  'username_is_taken',
  `SELECT EXISTS (
      SELECT 1 FROM tokenjar.users WHERE username_folded = $1 AND id IS DISTINCT FROM $4
    ) OR EXISTS (
      SELECT 1 FROM tokenjar.users
      WHERE username_skeleton = $2 AND id IS DISTINCT FROM $4 AND NOT ($3 AND username ~ '^[ -~]*$')
    ) OR EXISTS (
      SELECT 1 FROM tokenjar.pending_registrations
      WHERE username_folded = $1 AND email IS DISTINCT FROM $5 AND expires_at > $6
    ) AS "isTaken"`,
);

/**
 * Whoever takes a name that looks like another waits for whoever is taking that one: no index forbids the two, and
 * neither would see the other.
 */
const LOCK = statement<[skeleton: string]>(
  'username_lock',
  `SELECT pg_advisory_xact_lock(hashtext('tokenjar.usernames'), hashtext($1))`,
);

const SET = statement<
  [id: number, username: string, folded: string, skeleton: string, now: Date, ...by: OrderedBy],
  User
>(
  'user_set_username',
  `WITH changed AS (
      UPDATE tokenjar.users u
      SET username = $2, username_folded = $3, username_skeleton = $4, username_is_exact = false
      WHERE id = $1 RETURNING ${COLUMNS}
    ), audited AS (
      ${recorded({ at: '$5', event: 'username_changed', userId: 'id', by: 6, actor: '$9::text' }, 'changed')}
    )
    SELECT * FROM changed`,
);

/** The names of accounts besides their addresses: who has one, and who may take one. */
@Injectable()
export class Usernames {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Who signs in with a name: by the address, else by the exact name, else by the folded one where it is unique. */
  async find({ email, username }: SignInName, queries: Queries = this.db): Promise<User | undefined> {
    const folded = username === null ? null : foldedUsername(username);
    return (await queries.run(FIND, [email, username, folded]))[0];
  }

  /**
   * A new name as it is kept, if it is allowed and free.
   *
   * @param owner the account that will have it, and its address. **Errors** `input_invalid`, `username_taken`.
   */
  async demand(
    text: string,
    owner: { id?: number; email: string | null },
    queries: Queries = this.db,
  ): Promise<string> {
    const name = allowedName(text, owner.email);
    if (await this.isTaken(name, owner, queries)) throw new TokenjarError('username_taken');
    return name;
  }

  /** Whether somebody has a name, one that looks like it, or waits for it. */
  async isTaken(
    name: string,
    { id, email }: { id?: number; email: string | null },
    queries: Queries = this.db,
  ): Promise<boolean> {
    const { usernameFolded, usernameSkeleton } = usernameColumns(name);
    const isAscii = /^[ -~]*$/.test(name);
    const except = [id ?? null, email, this.clock.now()] as const;
    const [row] = await queries.run(IS_TAKEN, [usernameFolded, usernameSkeleton, isAscii, ...except]);
    return row?.isTaken === true;
  }

  /** Keeps others from taking a name, or one that looks like it, until the transaction ends. @returns whether it is free. */
  async claim(name: string, owner: { id?: number; email: string | null }, tx: Queries): Promise<boolean> {
    // In statements of their own: what the second one sees has to be what was committed before the lock was given.
    await tx.run(LOCK, [usernameColumns(name).usernameSkeleton]);
    return !(await this.isTaken(name, owner, tx));
  }

  /** The name of a registration that becomes an account, unless somebody else has it by now. */
  async ifFree(name: string | null, email: string, tx: Queries): Promise<string | null> {
    return name === null || (await this.claim(name, { email }, tx)) ? name : null;
  }

  /**
   * Gives an account another name.
   *
   * @returns undefined if it is gone. **Errors** `input_invalid`, `username_taken`.
   */
  async change(
    { id, email }: Pick<User, 'id' | 'email'>,
    text: string,
    by: Caller | undefined,
    tx: Queries,
  ): Promise<User | undefined> {
    const name = allowedName(text, email);
    if (!(await this.claim(name, { id, email }, tx))) throw new TokenjarError('username_taken');
    const { usernameFolded, usernameSkeleton } = usernameColumns(name);
    try {
      const values = [
        id,
        name,
        usernameFolded,
        usernameSkeleton,
        this.clock.now(),
        ...orderedBy(by),
      ] as const;
      return (await tx.run(SET, [...values]))[0];
    } catch (error) {
      // Somebody else has just taken it.
      if (isUniqueViolation(error)) throw new TokenjarError('username_taken');
      throw error;
    }
  }
}

/** A new name as it is kept. **Errors** `input_invalid`. */
function allowedName(text: string, ownAddress: string | null): string {
  const name = newUsername(text);
  const problem = usernameProblem(name, ownAddress);
  if (problem === undefined) return name;
  throw new TokenjarError('input_invalid', { errors: { username: [problem] } });
}
