import { Check, Column, Entity, Index } from 'typeorm';
import { fieldsOf, safeInteger } from '../database/columns.js';
import type { Profile } from '../hooks/hooks.js';
import { SCHEMA } from '../database/schema.js';
import { normalAddress } from '../email-address.js';
import { shownIdOf, type UserIdSetting } from '../user-id.js';

/** Values that are not addresses pass unchanged: they may be a search pattern. */
const keptAddress = (email: unknown): unknown =>
  typeof email === 'string' ? (normalAddress(email) ?? email) : email;

/** A user, with everything known about one: SQL, rows and types are derived from these columns. */
@Entity({ schema: SCHEMA, name: 'users' })
@Index('users_email_idx', { synchronize: false })
@Index('users_inactive_idx', { synchronize: false })
@Index('users_imported_hash_idx', { synchronize: false })
@Index('users_username_folded_key', { synchronize: false })
@Index('users_username_idx', { synchronize: false })
@Index('users_username_skeleton_idx', { synchronize: false })
@Check('users_no_address_verified', 'email IS NOT NULL OR NOT email_verified')
@Check(
  'users_username_forms',
  '(username IS NULL) = (username_folded IS NULL) AND (username IS NULL) = (username_skeleton IS NULL)',
)
@Check('users_id_at_most_9007199254740991', 'id BETWEEN 1 AND 9007199254740991')
export class User {
  /** An integer, so that users imported from Django keep theirs. */
  @Column({ type: 'bigint', primary: true, generated: 'identity', transformer: safeInteger })
  id!: number;

  /**
   * What stands for the ID wherever one is shown or accepted, with `USER_ID=uuid`; otherwise nothing. It never changes.
   * Random, because a time would tell when the account was made, and a sequence how many there are.
   */
  @Column({ type: 'uuid', unique: true, generated: 'uuid' })
  publicId!: string;

  /** In normal form, however a host writes it: no two accounts differ only in case. Null for an account without one. */
  @Column({
    type: 'text',
    unique: true,
    nullable: true,
    transformer: { to: keptAddress, from: (email: string | null) => email },
  })
  email!: string | null;

  /** As chosen, or as it was imported. Written together with the next two: `usernameColumns`. */
  @Column({ type: 'text', unique: true, nullable: true })
  username!: string | null;

  /** What names that differ only in case or width share. */
  @Column({ type: 'text', nullable: true })
  usernameFolded!: string | null;

  /** What names that look alike share. */
  @Column({ type: 'text', nullable: true })
  usernameSkeleton!: string | null;

  /** Whether it is only found as it is written, because another imported name has the same folded form. */
  @Column({ type: 'boolean', default: false })
  usernameIsExact!: boolean;

  @Column({ type: 'boolean', default: false })
  emailVerified!: boolean;

  /** **Shape** PHC string; null for an account without a password. */
  @Column({ type: 'text', nullable: true })
  passwordHash!: string | null;

  @Column({ type: 'boolean', default: true })
  isActive!: boolean;

  /** Names, usually of rows of `roles`. */
  @Index('users_roles_idx', { synchronize: false })
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  roles!: string[];

  /** **Shape** BCP 47 language tag, such as `en` or `pt-BR`. */
  @Column({ type: 'text', nullable: true })
  locale!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /**
   * Incremented by new passwords, new addresses and deactivations. Each of them invalidates the devices known to the
   * account, queued emails and unused links. A trigger increments it if a host writes these columns itself; sessions
   * have to be ended by `SessionEnding.endAll`.
   */
  @Column({ type: 'integer', default: 0 })
  credentialsEpoch!: number;

  /** The kinds of second factors that the account has, such as `totp`. A trigger on the table of factors keeps it. */
  @Column({ type: 'text', array: true, default: () => `'{}'` })
  secondFactors!: string[];

  /** Counts factors that were added or removed. The same trigger moves it. */
  @Column({ type: 'integer', default: 0 })
  factorsEpoch!: number;

  /**
   * Whether it has factors that were set up before anybody had verified the address, by who knows whom. The same trigger
   * sets it, and unsets it with the last factor.
   */
  @Column({ type: 'boolean', default: false })
  hasUnprovenFactors!: boolean;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lastLoginAt!: Date | null;

  /**
   * When its roles, or whether it is active, changed last; access tokens from before are outdated. A trigger moves it,
   * whoever writes these columns. **Unit** milliseconds since 1970.
   */
  @Column({ type: 'bigint', default: 0, transformer: safeInteger })
  claimsEpoch!: number;

  /** Until when administrators may have access tokens with which they act as the user. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  impersonatedUntil!: Date | null;

  /** The fields that a host adds ({@link ProfileFields}); null if it has never said any. */
  @Column({ type: 'jsonb', nullable: true })
  profile!: Profile | null;
}

/** Every column. */
export const USER_FIELDS = fieldsOf(User);

/**
 * Not part of sessions and tokens: credentials, and what distinguishes states of an account. The public ID comes in a
 * column together with others: {@link SessionFacts}.
 */
const OF_NO_SESSION = [
  'publicId',
  'usernameFolded',
  'usernameSkeleton',
  'usernameIsExact',
  'passwordHash',
  'credentialsEpoch',
  'secondFactors',
  'factorsEpoch',
  'hasUnprovenFactors',
  'lastLoginAt',
  'claimsEpoch',
  'impersonatedUntil',
  'profile',
] as const;

/** A user as part of a session: the content of tokens, and what users are shown. */
export type SessionUser = Omit<User, Exclude<(typeof OF_NO_SESSION)[number], 'publicId'>>;
export const SESSION_USER_FIELDS = fieldsOf(User, OF_NO_SESSION);

/** The same, if the statement has found the user active. */
export type ActiveUser = Omit<User, (typeof OF_NO_SESSION)[number] | 'isActive'>;
export const ACTIVE_USER_FIELDS = fieldsOf(User, [...OF_NO_SESSION, 'isActive']);

/** A user at the time of a request or a proof. */
export type SeenUser = Pick<User, 'id' | 'credentialsEpoch'>;
/** The same, with the state of their second factors. */
export type SeenFactors = SeenUser & Pick<User, 'factorsEpoch'>;

/**
 * What stands for an account where its attempts are counted and its devices are known, by whatever name it signs in: the
 * address, or the ID if it has none.
 */
export const accountKeyOf = ({ id, email }: Pick<User, 'id' | 'email'>): string => email ?? String(id);

/** What an account is called where its user or an operator reads it. */
export const nameOf = (
  user: Pick<User, 'id' | 'publicId' | 'email' | 'username'>,
  setting: UserIdSetting,
): string => user.email ?? user.username ?? `user ${shownIdOf(user, setting)}`;
