/** Why a stored password is refused. `too_costly`: it asks for more work than `limits.js` allows. */
export type HashRefusal = 'unknown_format' | 'malformed' | 'too_costly';

/** A stored password that has been read. */
export interface HashRecipe {
  refused?: undefined;
  /** For reports, such as `django pbkdf2_sha256`. */
  format: string;
  /** It is guessed so fast that it must not rest as it is. */
  isWeak: boolean;
  /** It is only accepted if wrapped. */
  isNeverBare?: boolean;
  isWrapped?: boolean;
  /** The format ignores what follows. **Unit** bytes. */
  readsAtMost?: number;
  digest: Buffer;
  /** Undefined if the password cannot be one of the format, or a secret is missing. */
  derive(password: Buffer, secrets: HashSecrets): Buffer | undefined;
}

/** What belongs to the hashes of another system, and is not stored with them. */
export interface HashSecrets {
  /** Devise's `config.pepper`. */
  pepper?: string | undefined;
}

export function parse(stored: unknown): HashRecipe | { refused: HashRefusal };

export function kindOf(stored: string): string | undefined;
