import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import {
  IMPORTED_CODE_KEYS,
  importedCodeDigest,
  type ImportedCodeKeys,
  mayBeImported,
  normalizedCode as normalized,
} from './imported-codes.js';

const COUNT = 10;
/** 24 characters of 5 bits. */
const LENGTH = 24;
/** Without letters that look like digits. **Source** Crockford's Base32. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const REMOVE = statement<[userId: number]>(
  'recovery_codes_remove',
  'DELETE FROM tokenjar.recovery_codes WHERE user_id = $1',
);
const ADD = statement<[userId: number, digests: readonly Buffer[]]>(
  'recovery_codes_add',
  'INSERT INTO tokenjar.recovery_codes (user_id, digest) SELECT $1, unnest($2::bytea[])',
);
/** Of concurrent requests one gets it. */
const CONSUME = statement<[userId: number, digests: readonly Buffer[]]>(
  'recovery_code_consume',
  'DELETE FROM tokenjar.recovery_codes WHERE user_id = $1 AND digest = ANY ($2::bytea[]) RETURNING 1',
);
const COUNT_LEFT = statement<[userId: number], { count: number }>(
  'recovery_codes_count',
  'SELECT count(*)::int AS count FROM tokenjar.recovery_codes WHERE user_id = $1',
);

/**
 * Recovery codes, for when the other factors are lost. Each works once.
 *
 * **Shape** 24 characters of Crockford's Base32, in four groups; 120 random bits. That many need no slow hash, and a
 * keyed one would make them useless once `SECRET_KEY` was changed: whoever needs one has nothing else left.
 * **Source** ASVS 5.0 6.5.1, 6.5.2, 6.5.3.
 */
@Injectable()
export class RecoveryCodes {
  constructor(
    private readonly db: Database,
    @Inject(IMPORTED_CODE_KEYS) private readonly importedKeys: ImportedCodeKeys,
  ) {}

  /** Replaces them. @returns the new ones, to be shown once. */
  async replace(userId: number, tx: Queries): Promise<string[]> {
    const codes = Array.from({ length: COUNT }, newCode);
    await tx.run(REMOVE, [userId]);
    await tx.run(ADD, [userId, codes.map((code) => digestOf(userId, normalized(code)))]);
    return codes;
  }

  async remove(userId: number, tx: Queries): Promise<void> {
    await tx.run(REMOVE, [userId]);
  }

  /** Uses one up. @param code however it was typed. @returns whether there was one. */
  async consume(userId: number, code: string, queries: Queries = this.db): Promise<boolean> {
    const typed = normalized(code);
    const ours = typed.length === LENGTH ? [digestOf(userId, typed)] : [];
    const imported = mayBeImported(code)
      ? this.importedKeys.map((key) => importedCodeDigest(key, userId, code))
      : [];
    const digests = [...ours, ...imported];
    return digests.length > 0 && (await queries.run(CONSUME, [userId, digests])).length === 1;
  }

  async left(userId: number, queries: Queries = this.db): Promise<number> {
    return (await queries.run(COUNT_LEFT, [userId]))[0]?.count ?? 0;
  }
}

function newCode(): string {
  const characters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET.charAt(byte % 32)).join('');
  return characters.replace(/.{6}(?=.)/g, '$&-');
}

const digestOf = (userId: number, code: string): Buffer =>
  createHash('sha256').update(`recovery code ${userId} ${code}`).digest();
