import type { Audit, AuditRecord } from '../audit/audit.js';
import type { Database, Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import type { Algorithm, RingKey, SigningKey } from '../tokens/key-ring.js';
import { generateKey, toSigningKey } from './key-material.js';
import type { KeySecrets } from './key-secrets.js';
import { type KeyTimes, type MakeKey, verifiesUntil } from './key-states.js';
import { StoredKey } from './stored-key.entity.js';

/** Held while keys are changed, so that two instances make one change of it. */
const LOCK = statement('signing_keys_lock', 'SELECT pg_advisory_xact_lock(7303014002)');
/** Others read the change at once. Commands are rare enough to notify inside their transaction. */
const NOTIFY = statement('signing_keys_notify', `SELECT pg_notify('tokenjar_blacklist', '')`);

// SQL, because the keys are also read on the connection of the feed.
const READ = statement<[], StoredKey>(
  'signing_keys_read',
  `SELECT kid, algorithm, sealed_key AS "sealedKey", imported AS "isImported", created_at AS "createdAt",
      signs_from AS "signsFrom", signs_until AS "signsUntil", revoked_at AS "revokedAt",
      token_lifetime AS "tokenLifetime"
    FROM tokenjar.signing_keys ORDER BY created_at, signs_from NULLS LAST, kid`,
);
/** Only replaces the bytes that were read, so that of instances starting together one does it. */
const RESEAL = statement<[kid: string, before: Buffer, after: Buffer]>(
  'signing_keys_reseal',
  'UPDATE tokenjar.signing_keys SET sealed_key = $3 WHERE kid = $1 AND sealed_key = $2',
);

/** The keys without their secrets. */
export const readTimes = (queries: Pick<Queries, 'run'>): Promise<readonly KeyTimes[]> =>
  queries.run(READ, []);

/** A key in the database with its secrets. */
export interface KnownKey extends KeyTimes {
  keys: readonly SigningKey[];
}

/** Says what the keys are to be, as a function of what they are: it is called twice, the second time under a lock. */
export type Plan = (keys: readonly KeyTimes[], make: MakeKey) => readonly KeyTimes[];

/** A key from elsewhere, for a {@link Plan} that inserts it. */
export type Given = SigningKey & { kid: string };

/** The signing keys in the database. */
export class KeyStore {
  constructor(
    private readonly db: Database,
    private readonly secrets: KeySecrets,
    private readonly audit: Audit | undefined,
  ) {}

  /** @throws {SettingsError} if `SECRET_KEY` does not decrypt them. */
  async read(queries: Pick<Queries, 'run'> = this.db): Promise<KnownKey[]> {
    const known: KnownKey[] = [];
    for (const row of await queries.run(READ, [])) {
      const { sealedKey, ...times } = row;
      const { keys, resealed } = this.secrets.open(row);
      if (resealed) await queries.run(RESEAL, [row.kid, sealedKey, resealed]);
      known.push({ ...times, keys });
    }
    return known;
  }

  /**
   * Carries out a plan. Keys that it needs are generated before the lock is taken, because an RSA key takes a while.
   *
   * @param given a key that is not to be generated. @param event recorded if anything changes.
   * @returns the keys as they are then. @throws what the plan throws.
   */
  async change(
    plan: Plan,
    event?: (before: readonly KeyTimes[], after: readonly KeyTimes[]) => AuditRecord | undefined,
    given: readonly Given[] = [],
  ): Promise<KnownKey[]> {
    const before = await this.read();
    const wanted: Algorithm[] = [];
    const draft = plan(before, (algorithm) => ({ kid: `new ${wanted.push(algorithm)}`, algorithm }));
    if (wanted.length === 0 && isSame(before, draft)) return before;
    const fresh = await Promise.all(wanted.map(newSigningKey));
    return this.db
      .transaction(async (tx) => {
        await tx.run(LOCK, []);
        const found = await this.read(tx);
        const made: Given[] = [...given];
        const after = plan(found, (algorithm) => {
          const i = fresh.findIndex((each) => each.algorithm === algorithm);
          const [key] = i < 0 ? [] : fresh.splice(i, 1);
          if (!key) throw new ChangedMeanwhile();
          made.push(key);
          return { kid: key.kid, algorithm };
        });
        if (isSame(found, after)) return found;
        await this.write(tx, found, after, made);
        const record = event?.(found, after);
        if (record) await this.audit?.record(record, tx);
        await tx.run(NOTIFY, []);
        return this.read(tx);
      })
      .catch((error: unknown) => {
        if (error instanceof ChangedMeanwhile) return this.change(plan, event, given);
        throw error;
      });
  }

  private async write(
    tx: Queries,
    before: readonly KeyTimes[],
    after: readonly KeyTimes[],
    made: readonly Given[],
  ): Promise<void> {
    const stored = tx.repository(StoredKey);
    const known = new Map(before.map((key) => [key.kid, key]));
    for (const key of after) {
      const { kid, algorithm, isImported, createdAt, tokenLifetime } = key;
      const { signsFrom, signsUntil, revokedAt } = key;
      const times = { signsFrom, signsUntil, revokedAt, tokenLifetime };
      const secret = made.find((each) => each.kid === kid);
      // The secret of a revoked key is of no use to anybody honest.
      const sealedKey = secret && !revokedAt ? this.secrets.seal(secret) : Buffer.alloc(0);
      if (!known.has(kid))
        await stored.insert({ kid, algorithm, isImported, createdAt, sealedKey, ...times });
      else if (!isSame([known.get(kid) as KeyTimes], [key]))
        await stored.update({ kid }, { ...times, ...(revokedAt && { sealedKey }) });
    }
  }
}

/** Another change was faster, and leaves this one with more keys to generate. */
class ChangedMeanwhile extends Error {}

export const ringOf = (known: readonly KnownKey[]): RingKey[] =>
  known.flatMap((each) =>
    (each.revokedAt ? [] : each.keys).map((key, i) => ({
      key,
      // Of several shared secrets, the former ones verify only.
      signsFrom: i === 0 && each.signsFrom ? each.signsFrom.getTime() : Infinity,
      signsUntil: each.signsUntil?.getTime() ?? Infinity,
      verifiesUntil: verifiesUntil(each),
    })),
  );

async function newSigningKey(algorithm: Algorithm): Promise<Given> {
  return toSigningKey(await generateKey(algorithm), algorithm);
}

const COMPARED = ['signsFrom', 'signsUntil', 'revokedAt', 'tokenLifetime'] as const;

const isSame = (before: readonly KeyTimes[], after: readonly KeyTimes[]): boolean =>
  before.length === after.length &&
  after.every((key) => {
    const known = before.find(({ kid }) => kid === key.kid);
    return known && COMPARED.every((column) => Number(known[column]) === Number(key[column]));
  });
