import type { ForeignHash } from '../crypto/imported-hash.js';
import type { ExportedUser } from './exported.js';
import type { Remark } from './remarks.js';

/** An account of another system as it will be here. Times are as PostgreSQL reads them. */
export interface IncomingAccount {
  /** Names it in the other system, there and in the next run. */
  key: string;
  /** The ID that it keeps. */
  id: number | undefined;
  /** The public ID that it keeps. **Shape** UUID in lower case. */
  publicId: string | undefined;
  email: string | null;
  isVerified: boolean;
  username: string | null;
  isActive: boolean;
  roles: string[];
  createdAt: string | null;
  lastLoginAt: string | null;
  /** The password as it is stored there. */
  hash: ForeignHash;
  identities: IncomingIdentity[];
  factors: IncomingFactors;
  /** Of an account of another Tokenjar: the rest of it. */
  exported?: ExportedUser | undefined;
  remarks: Remark[];
}

export interface IncomingIdentity {
  provider: string;
  issuer: string;
  subject: string;
  email: string | null;
  createdAt: string | null;
  exported?: ExportedUser['identities'][number] | undefined;
}

/** The second factors of an account that can come. */
export interface IncomingFactors {
  /** The secret of the authenticator app. */
  totp:
    | { secret: Buffer; createdAt: string | null; exported?: NonNullable<ExportedUser['totp']> | undefined }
    | undefined;
  /** Recovery codes that were not used, as the user typed them there. */
  codes: readonly string[];
  /** What cannot come, by its type. */
  refused: readonly string[];
}
