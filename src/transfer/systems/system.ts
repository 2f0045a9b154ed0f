import type { HashOrigin } from '../../crypto/imported-hash.js';
import type { Said } from '../said.js';

/** What the command line says of a file besides the system that it is of. */
export interface FileFlags {
  /** Firebase: the parameters of the project's hashes. */
  firebase?: HashOrigin['firebase'] | undefined;
  /** Devise and Werkzeug mark their hashes in no way. */
  hashes?: 'django' | 'devise' | 'werkzeug' | undefined;
  /** The member that has the roles, with dots between names. */
  rolesFrom?: string | undefined;
  now: Date;
}

/** A system whose files are imported. One small file each: a pure mapping from what it exports. */
export interface System {
  /** As people call it. */
  title: string;
  /** Whether its JSON is one document with lists, and not lines. */
  isDocument?: boolean;
  /** Whether it is another server of ours, whose administrators are those of this one. */
  isOwn?: boolean;
  /** Whether it also writes CSV or SQL. */
  reads?: readonly ('csv' | 'sql')[];
  /** The columns of a table in SQL whose statements name none; undefined for tables that are passed over. */
  columnsOf?: (table: string) => readonly string[] | undefined;
  /**
   * The lists of a document by what they are of, each group in a pass of its own: what is added to users after them.
   * Others are passed over. Without it, all entries are read in one pass.
   */
  passes?: readonly (readonly string[])[];
  /**
   * What an entry says. Undefined if it is not one of this system; `skip` if it is none of a person, `aside` if it is none
   * of users at all.
   */
  read(entry: Entry, section: string, flags: FileFlags): Said | 'skip' | 'aside' | undefined;
}

/** An entry of a file: an object. Whatever is in it may be anything. */
export type Entry = Readonly<Record<string, unknown>>;
