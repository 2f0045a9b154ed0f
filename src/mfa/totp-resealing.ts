import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { seal, unseal } from '../crypto/seal.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { contextOf, TOTP_KEYS, type TotpKeys } from './totp-secrets.js';

const BATCH = 500;
/** Below every UUID that is in use. */
const FIRST = '00000000-0000-0000-0000-000000000000';

interface Row {
  factorId: string;
  userId: number;
  sealed: Buffer;
}

const PAGE = statement<[after: string], Row>(
  'totp_secrets_page',
  `SELECT t.factor_id AS "factorId", f.user_id AS "userId", t.sealed
    FROM tokenjar.totp_secrets t JOIN tokenjar.factors f ON f.id = t.factor_id
    WHERE t.factor_id > $1 ORDER BY t.factor_id LIMIT ${BATCH}`,
);
/** Only those that are as they were read: another instance may have been faster. */
const RESEAL = statement<[ids: readonly string[], read: readonly Buffer[], anew: readonly Buffer[]]>(
  'totp_secrets_reseal',
  `UPDATE tokenjar.totp_secrets t SET sealed = fresh.anew
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS fresh (id, read, anew)
    WHERE t.factor_id = fresh.id AND t.sealed = fresh.read RETURNING 1`,
);

/**
 * Seals the secrets of authenticator apps with the current key, after a start with `SECRET_KEY_FALLBACKS`. Otherwise
 * users who do not sign in while the former key is a fallback would be locked out when it is removed.
 */
@Injectable()
export class TotpResealing implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly db: Database,
    @Inject(TOTP_KEYS) private readonly keys: TotpKeys,
  ) {}

  /** Requests do not wait for it: a former key still opens what it has sealed. */
  onApplicationBootstrap(): void {
    if (this.keys.length > 1) this.running = this.runIfPossible();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  /** @returns how many were sealed anew, and how many no key opens. */
  async run(): Promise<{ resealed: number; lost: number }> {
    const total = { resealed: 0, lost: 0 };
    for (let after = FIRST; !this.isStopped;) {
      const rows = await this.db.run(PAGE, [after]);
      const last = rows.at(-1);
      if (!last) break;
      after = last.factorId;
      total.lost += await this.reseal(rows, total);
    }
    return total;
  }

  private async reseal(rows: readonly Row[], total: { resealed: number }): Promise<number> {
    const [current, ...former] = this.keys;
    let lost = 0;
    const anew = rows.flatMap(({ factorId, userId, sealed }) => {
      const context = contextOf(userId, factorId);
      if (unseal(current, sealed, context)) return [];
      for (const key of former) {
        const secret = unseal(key, sealed, context);
        if (secret) return [{ factorId, sealed, anew: seal(current, secret, context) }];
      }
      lost++;
      return [];
    });
    if (anew.length > 0)
      total.resealed += (
        await this.db.run(RESEAL, [
          anew.map(({ factorId }) => factorId),
          anew.map(({ sealed }) => sealed),
          anew.map((each) => each.anew),
        ])
      ).length;
    return lost;
  }

  private async runIfPossible(): Promise<void> {
    try {
      const { resealed, lost } = await this.run();
      if (resealed > 0) this.logger.log(`${resealed} authenticator apps were sealed with the new SECRET_KEY`);
      if (lost > 0)
        this.logger.warn(
          `${lost} authenticator apps were sealed with a SECRET_KEY that is not among the settings: their users need another factor, a recovery code or \`users reset-factors\``,
        );
    } catch (error) {
      this.logger.warn(
        `Authenticator apps could not be sealed with the new SECRET_KEY; keep the fallback, and start again: ${String(error)}`,
      );
    }
  }
}
