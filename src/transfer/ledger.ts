import type { Queries } from '../database/database.js';
import type { IncomingAccount } from './incoming-account.js';
import type { Given, Noted } from './seen.js';

/** What an earlier run left of an account, and what has become of it. */
export interface ImportedRow {
  key: string;
  userId: number | null;
  seen: Record<string, unknown>;
  passwordDigest: Buffer;
  isUnchanged: boolean | null;
  email: string | null;
  username: string | null;
  emailVerified: boolean | null;
  isActive: boolean | null;
  roles: string[] | null;
  factorsEpoch: number | null;
}

/** An account that an earlier run has imported, and how it is here. */
export interface KnownAccount {
  account: IncomingAccount;
  userId: number;
  row: ImportedRow;
}

/** Where it is noted who has come from where, so that a later run knows them and what it changes. */
export interface Ledger {
  find(queries: Queries, keys: readonly string[]): Promise<ImportedRow[]>;
  /** The epochs of the users are read here, after what this transaction has changed. */
  note(noted: readonly Noted[], now: Date, tx: Queries): Promise<void>;
  /** What is noted of a user here. */
  findUser(tx: Queries, userId: number): Promise<ImportedRow[]>;
  /** That a user has got an address and a name that they wanted. The epoch moves along if it was the current one. */
  noteGiven(userId: number, given: Given, wasUnchanged: boolean, tx: Queries): Promise<void>;
  /** Of users who have changed here: what the source has is noted, and the epoch stays, so that this is still known. */
  noteSeen(noted: Noted, tx: Queries): Promise<void>;
}
