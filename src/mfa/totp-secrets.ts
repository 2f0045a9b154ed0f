import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { OPTIONS, type Options } from '../config/options.js';
import { seal, unseal } from '../crypto/seal.js';
import { base32, matchingTotpStep, totpUri } from '../crypto/totp.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { TotpSetupFacts } from '../http/payloads.js';
import { frontendOf } from '../mail/links.js';
import { nameOf, type User } from '../users/user.entity.js';
import { UserIds } from '../users/user-ids.js';
import type { KeepFactor } from './factors.js';

/** The keys that seal secrets: the first seals, all open. */
export type TotpKeys = readonly [KeyObject, ...KeyObject[]];

/** Token under which they are injected. */
export const TOTP_KEYS = Symbol('tokenjar.totpKeys');

/** **Unit** bytes. **Source** RFC 4226 §4 R6. */
const SECRET_BYTES = 20;
/** How long an app may take to be set up. **Unit** seconds. */
const SETUP_LIFETIME = 600;

/** Who is setting an app up: a session, or a login. **Shape** `session <id>`, `login <digest>`. */
export type SetupHolder = `session ${string}` | `login ${string}`;

const BEGIN = statement<[holder: string, userId: number, sealed: Buffer, expiry: Date]>(
  'totp_setup_begin',
  `INSERT INTO tokenjar.totp_setups (holder, user_id, sealed, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (holder) DO UPDATE SET user_id = $2, sealed = $3, expires_at = $4`,
);
const FIND_SETUP = statement<[holder: string, userId: number, now: Date], { sealed: Buffer }>(
  'totp_setup_find',
  'SELECT sealed FROM tokenjar.totp_setups WHERE holder = $1 AND user_id = $2 AND expires_at > $3',
);
/** Only the one that was confirmed: another may have been begun meanwhile. */
const CONSUME_SETUP = statement<[holder: string, sealed: Buffer]>(
  'totp_setup_consume',
  'DELETE FROM tokenjar.totp_setups WHERE holder = $1 AND sealed = $2 RETURNING 1',
);
const KEEP = statement<[factorId: string, sealed: Buffer, lastStep: number]>(
  'totp_secret_keep',
  'INSERT INTO tokenjar.totp_secrets (factor_id, sealed, last_step) VALUES ($1, $2, $3)',
);
const FIND = statement<[userId: number], { factorId: string; sealed: Buffer; lastStep: number }>(
  'totp_secret_find',
  `SELECT t.factor_id AS "factorId", t.sealed, t.last_step AS "lastStep"
    FROM tokenjar.factors f JOIN tokenjar.totp_secrets t ON t.factor_id = f.id
    WHERE f.user_id = $1 AND f.type = 'totp'`,
);
/** Of concurrent requests with one code, one finds the last step below it. The factor is locked first, as by its removal. */
const CONSUME_STEP = statement<[factorId: string, step: number, now: Date, sealed: Buffer | null]>(
  'totp_step_consume',
  `WITH locked AS MATERIALIZED (
      SELECT id FROM tokenjar.factors WHERE id = $1 FOR NO KEY UPDATE
    ), consumed AS (
      UPDATE tokenjar.totp_secrets SET last_step = $2, sealed = coalesce($4, sealed)
      WHERE factor_id = (SELECT id FROM locked) AND last_step < $2 RETURNING factor_id
    )
    UPDATE tokenjar.factors SET last_used_at = $3 WHERE id IN (SELECT factor_id FROM consumed) RETURNING 1`,
);

/** A set-up whose code was right. */
export interface ConfirmedSetup {
  keep: KeepFactor;
}

/**
 * The secrets of authenticator apps.
 *
 * Each is sealed at rest, bound to its user and its factor. A code is accepted once, on whichever instance, and none of
 * a time step before. A secret that a former `SECRET_KEY` has sealed is sealed anew when it is used.
 *
 * **Source** RFC 6238; ASVS 5.0 6.5.1, 6.5.5, 11.7.
 */
@Injectable()
export class TotpSecrets {
  private readonly logger = new Logger('Tokenjar');

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly ids: UserIds,
    @Inject(TOTP_KEYS) private readonly keys: TotpKeys,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  /** Begins to set an app up; one that was begun before by the same holder is dropped. */
  async begin(
    holder: SetupHolder,
    user: Pick<User, 'id' | 'publicId' | 'email' | 'username'>,
  ): Promise<TotpSetupFacts> {
    const secret = randomBytes(SECRET_BYTES);
    const sealed = seal(this.keys[0], secret, contextOfSetup(user.id, holder));
    await this.db.run(BEGIN, [holder, user.id, sealed, addSeconds(this.clock.now(), SETUP_LIFETIME)]);
    return {
      secret: base32(secret),
      uri: totpUri(secret, this.issuer, nameOf(user, this.options)),
      setupId: idOf(sealed),
    };
  }

  /**
   * Verifies the first code of an app.
   *
   * @param setupId of {@link begin}, if the client names it.
   * @returns undefined for a wrong one. **Errors** `setup_expired`.
   */
  async confirm(
    holder: SetupHolder,
    userId: number,
    code: string,
    setupId?: string,
  ): Promise<ConfirmedSetup | undefined> {
    const now = this.clock.now();
    const [row] = await this.db.run(FIND_SETUP, [holder, userId, now]);
    const secret = row && this.open(row.sealed, contextOfSetup(userId, holder))?.secret;
    if (!row || !secret || (setupId !== undefined && setupId !== idOf(row.sealed)))
      throw new TokenjarError('setup_expired');
    const step = matchingTotpStep(secret, code, now);
    if (step === undefined) return undefined;
    return {
      keep: async (tx: Queries, factorId: string) => {
        if ((await tx.run(CONSUME_SETUP, [holder, row.sealed])).length === 0)
          throw new TokenjarError('setup_expired');
        // The code that confirmed it has been used.
        await tx.run(KEEP, [factorId, seal(this.keys[0], secret, contextOf(userId, factorId)), step]);
      },
    };
  }

  /** Verifies a code of a user, and uses it up. */
  async consume(userId: number, code: string): Promise<boolean> {
    const [row] = await this.db.run(FIND, [userId]);
    if (!row) return false;
    const { factorId, sealed, lastStep } = row;
    const context = contextOf(userId, factorId);
    const opened = this.open(sealed, context);
    if (!opened) {
      const shown = await this.ids.shownOf([userId]);
      this.logger.error(
        `The authenticator app of user ${shown(userId)} was sealed with an unknown SECRET_KEY`,
      );
      return false;
    }
    const now = this.clock.now();
    const step = matchingTotpStep(opened.secret, code, now, lastStep);
    if (step === undefined) return false;
    const anew = opened.isOfFormerKey ? seal(this.keys[0], opened.secret, context) : null;
    return (await this.db.run(CONSUME_STEP, [factorId, step, now, anew])).length === 1;
  }

  private open(sealed: Buffer, context: string): { secret: Buffer; isOfFormerKey: boolean } | undefined {
    for (const key of this.keys) {
      const secret = unseal(key, sealed, context);
      if (secret) return { secret, isOfFormerKey: key !== this.keys[0] };
    }
    return undefined;
  }

  private get issuer(): string {
    const { totpIssuer, frontendUrl, publicUrl, siteName } = this.options;
    if (totpIssuer !== undefined) return totpIssuer;
    return (frontendUrl ?? publicUrl)
      ? new URL(frontendOf(this.options)).hostname
      : siteName.replaceAll(':', ' ');
  }
}

const idOf = (sealed: Buffer): string => createHash('sha256').update(sealed).digest('base64url').slice(0, 22);
/** What the secret of a factor is sealed with. */
export const contextOf = (userId: number, factorId: string): string => `totp ${userId} ${factorId}`;
const contextOfSetup = (userId: number, holder: SetupHolder): string => `totp setup ${userId} ${holder}`;
