import { createHash, randomBytes } from 'node:crypto';

/** The secret of a login that is not finished. **Shape** 32 random bytes, base64url. */
export const newLoginSecret = (): string => randomBytes(32).toString('base64url');

/** What the database has of it. **Shape** SHA-256. */
export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
