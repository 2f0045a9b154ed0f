import { Check, Column, Entity } from 'typeorm';
import { fieldsOf, safeInteger } from '../database/columns.js';
import { SCHEMA } from '../database/schema.js';
import { normalAddress } from '../email-address.js';

/** What is no address passes: it may be a pattern to search with. */
const keptAddress = (email: unknown): unknown =>
  typeof email === 'string' ? (normalAddress(email) ?? email) : email;

/** A user, and all that is known of one: SQL, rows and types follow from these columns. */
@Entity({ schema: SCHEMA, name: 'users' })
@Check('users_id_at_most_9007199254740991', 'id BETWEEN 1 AND 9007199254740991')
export class User {
  /** A number, so that users who move here from Django keep theirs. */
  @Column({ type: 'bigint', primary: true, generated: 'identity', transformer: safeInteger })
  id!: number;

  /** In its normal form, however a host writes it: nobody has two accounts that differ by a capital. */
  @Column({
    type: 'text',
    unique: true,
    transformer: { to: keptAddress, from: (email: string) => email },
  })
  email!: string;

  @Column({ type: 'boolean', default: false })
  emailVerified!: boolean;

  /** **Shape** PHC string; null for an account without a password. */
  @Column({ type: 'text', nullable: true })
  passwordHash!: string | null;

  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  roles!: string[];

  /** **Shape** BCP 47 language tag, such as `en` or `pt-BR`. */
  @Column({ type: 'text', nullable: true })
  locale!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /**
   * Counts new passwords, new addresses and deactivations. With each the devices that the account knows start anew, and
   * what was asked for before is dropped: mails that wait, links that are out. A trigger moves it where a host writes
   * these columns itself; the sessions a host ends by {@link SessionEnding.endAll}.
   */
  @Column({ type: 'integer', default: 0 })
  credentialsEpoch!: number;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastLoginAt!: Date | null;
}

/** Every column. */
export const USER_FIELDS = fieldsOf(User);

/** What has no place in a session and its tokens: proofs, and what tells one state of an account from another. */
const OF_NO_SESSION = ['passwordHash', 'credentialsEpoch', 'lastLoginAt'] as const;

/** A user as a session has them: what tokens are made of, and what a user is shown. */
export type SessionUser = Omit<User, (typeof OF_NO_SESSION)[number]>;
export const SESSION_USER_FIELDS = fieldsOf(User, OF_NO_SESSION);

/** The same where the statement has found them active. */
export type ActiveUser = Omit<SessionUser, 'isActive'>;
export const ACTIVE_USER_FIELDS = fieldsOf(User, [...OF_NO_SESSION, 'isActive']);

/** A user as they were when something was asked for, or proved. */
export type SeenUser = Pick<User, 'id' | 'credentialsEpoch'>;
