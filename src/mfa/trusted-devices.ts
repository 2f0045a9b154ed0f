import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Device } from '../auth/known-devices.js';
import type { OnEntry } from '../auth/second-steps.js';
import { type By, byOf, recorded } from '../audit/audit.js';
import { addSeconds, Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { deviceOf } from '../http/device.js';
import type { TrustedDeviceFacts } from '../http/payloads.js';
import { FactorChanges } from './factor-changes.js';
import type { SeenFactors } from '../users/user.entity.js';

/** Use does not extend it. **Unit** seconds. */
const LIFETIME = 30 * 86_400;
/** A family shares a browser. */
const MOST_ACCOUNTS = 5;

/** Valid ones: the account is as it was when they were trusted. */
const GOOD = `d.user_id = $1 AND d.expires_at > $2 AND EXISTS (
    SELECT FROM tokenjar.users u WHERE u.id = d.user_id
      AND u.credentials_epoch = d.credentials_epoch AND u.factors_epoch = d.factors_epoch
  )`;

/** Replaces that of the same account in the browser. @returns the valid ones of other accounts there. */
const ADD = statement<
  [
    id: string,
    digest: Buffer,
    userId: number,
    name: string | null,
    credentialsEpoch: number,
    factorsEpoch: number,
    now: Date,
    expiry: Date,
    sent: readonly Buffer[],
  ],
  { digest: Buffer }
>(
  'trusted_device_add',
  `WITH replaced AS (
      DELETE FROM tokenjar.trusted_devices WHERE user_id = $3 AND digest = ANY ($9::bytea[])
    ), added AS (
      INSERT INTO tokenjar.trusted_devices
        (id, digest, user_id, name, credentials_epoch, factors_epoch, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    )
    SELECT d.digest FROM tokenjar.trusted_devices d JOIN tokenjar.users u ON u.id = d.user_id
      AND u.credentials_epoch = d.credentials_epoch AND u.factors_epoch = d.factors_epoch
    WHERE d.digest = ANY ($9::bytea[]) AND d.user_id <> $3 AND d.expires_at > $7`,
);
const KNOWS = statement<
  [userId: number, now: Date, digests: readonly Buffer[], credentialsEpoch: number, factorsEpoch: number]
>(
  'trusted_device_knows',
  `SELECT 1 FROM tokenjar.trusted_devices
    WHERE user_id = $1 AND expires_at > $2 AND digest = ANY ($3::bytea[])
      AND credentials_epoch = $4 AND factors_epoch = $5`,
);
const LIST = statement<[userId: number, now: Date], TrustedDeviceFacts>(
  'trusted_devices_list',
  `SELECT d.id, d.name, d.created_at AS "createdAt", d.expires_at AS "expiresAt"
    FROM tokenjar.trusted_devices d WHERE ${GOOD} ORDER BY d.id DESC`,
);
const REMOVE = statement<[userId: number, now: Date, id: string, ...by: By, sessionId: string]>(
  'trusted_device_remove',
  `WITH removed AS (
      DELETE FROM tokenjar.trusted_devices d WHERE ${GOOD} AND d.id = $3 RETURNING d.user_id
    ), audited AS (
      ${recorded({ at: '$2', event: 'trusted_device_removed', userId: 'user_id', sessionId: '$7::uuid', by: 4 }, 'removed')}
    )
    SELECT 1 FROM removed`,
);

/**
 * Browsers that do not need the second factor, for thirty days from when they were trusted. Such a sign-in has one
 * factor. A new password, another address, a deactivation and every change of factors end all of them.
 *
 * **Shape** of the cookie: up to five secrets of 32 random bytes, base64url, joined by `~`: one per account. The database
 * contains only their digests. **Source** ASVS 5.0 6.3.3.
 */
@Injectable()
export class TrustedDevices {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly changes: FactorChanges,
  ) {}

  /** Whether the device is trusted by an account as it was read. */
  async knows(account: SeenFactors, device: Device): Promise<boolean> {
    const digests = secretsOf(device).map(digestOf);
    if (digests.length === 0) return false;
    const { id, credentialsEpoch, factorsEpoch } = account;
    const values = [id, this.clock.now(), digests, credentialsEpoch, factorsEpoch] as const;
    return (await this.db.run(KNOWS, [...values])).length > 0;
  }

  /** Trusts the device from which somebody signs in, in the transaction that opens the session. */
  trust(device: Device, caller: Caller): OnEntry {
    return async (tx, account) => {
      const secret = randomBytes(32).toString('base64url');
      const now = this.clock.now();
      const { id: userId, credentialsEpoch, factorsEpoch } = account;
      const known = new Map(secretsOf(device).map((each) => [digestOf(each).toString('hex'), each]));
      const others = await tx.run(ADD, [
        uuidv7({ msecs: now.getTime() }),
        digestOf(secret),
        userId,
        deviceOf(caller.userAgent) ?? null,
        credentialsEpoch,
        factorsEpoch,
        now,
        addSeconds(now, LIFETIME),
        [...known.keys()].map((digest) => Buffer.from(digest, 'hex')),
      ]);
      const values = { device: deviceOf(caller.userAgent) ?? '', ip: caller.ip ?? '' };
      await this.changes.record('device_trusted', userId, undefined, undefined, tx, caller);
      await this.changes.notify('device_trusted', account, tx, values);
      const good = new Set(others.map(({ digest }) => digest.toString('hex')));
      const kept = [...known].filter(([digest]) => good.has(digest)).map(([, each]) => each);
      const value = [secret, ...kept].slice(0, MOST_ACCOUNTS).join('~');
      return { cookies: [{ cookie: 'trustedDevice', value, maxAge: LIFETIME }] };
    };
  }

  /** The newest first. */
  list(userId: number): Promise<TrustedDeviceFacts[]> {
    return this.db.run(LIST, [userId, this.clock.now()]);
  }

  /** **Errors** `trusted_device_not_found`, `token_blacklisted`. */
  async remove(
    { userId, sessionId }: { userId: number; sessionId: string },
    id: string,
    caller: Caller,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.changes.demandLive({ userId, sessionId }, tx);
      const values = [userId, this.clock.now(), id, ...byOf(caller), sessionId] as const;
      const removed = await tx.run(REMOVE, [...values]);
      if (removed.length === 0) throw new TokenjarError('trusted_device_not_found');
    });
  }
}

const SECRET = /^[\w-]{43}$/;

const secretsOf = ({ cookies }: Device): string[] => {
  const secrets = cookies.trustedDevice.flatMap((value) => value.split('~'));
  return [...new Set(secrets)].filter((secret) => SECRET.test(secret)).slice(0, 4 * MOST_ACCOUNTS);
};

const digestOf = (secret: string): Buffer => createHash('sha256').update(`trusted device ${secret}`).digest();
