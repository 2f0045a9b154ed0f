import { createHmac } from 'node:crypto';
import { deriveKey } from '../crypto/derive.js';
import { unseal } from '../crypto/seal.js';
import { base32 } from '../crypto/totp.js';
import type { Run } from '../database/table-copy.js';
import { contextOf, type TotpKeys } from '../mfa/totp-secrets.js';
import * as sql from './export-statements.js';
import { EXPORT_VERSION, type ExportedRefusal, type ExportedRole, type ExportedUser } from './exported.js';

/** What is exported, and what opens it. */
export interface ExportPlan {
  withSessions: boolean;
  totp: TotpKeys;
  /** Of the current key: {@link fingerprintOf}. */
  fingerprint: string;
  now: Date;
}

/** An account cannot be exported as it is; the message is for the operator. */
export class ExportProblem extends Error {}

/** Tells whether two keys are one. **Shape** 22 characters, base64url, of HMAC-SHA-256. */
export const fingerprintOf = (secretKey: string): string =>
  createHmac('sha256', deriveKey(secretKey, 'export fingerprint'))
    .update('tokenjar export')
    .digest('base64url')
    .slice(0, 22);

/**
 * The lines of an export, read a page at a time as they are asked for. They are of one state of the database if `run` is in
 * a snapshot.
 *
 * Secrets of authenticator apps are opened, so that the file does not depend on the key. **Errors** {@link ExportProblem}.
 */
export async function* exportLines(
  run: Run,
  plan: ExportPlan,
  progress: (done: number, all: number) => void,
): AsyncGenerator<string, void> {
  const { withSessions, fingerprint, now } = plan;
  const [{ users: all, lastId } = { users: 0, lastId: null }] = await run<{
    users: number;
    lastId: number | null;
  }>(sql.COUNT);
  yield line({
    format: 'tokenjar-export',
    version: EXPORT_VERSION,
    with_sessions: withSessions,
    key: fingerprint,
    last_id: lastId ?? 0,
  });
  for (const role of await run<ExportedRole>(sql.ROLES))
    yield line({ role: { ...role, permissions: [...role.permissions].sort() } });
  let done = 0;
  for await (const users of userPages(run, withSessions, now)) {
    yield users.map((user) => line({ user: opened(user, plan.totp) })).join('');
    done += users.length;
    progress(done, all);
  }
  if (withSessions) for await (const refusal of refusals(run, now)) yield line({ refusal });
  yield line({ end: true, users: done });
}

const line = (entry: object): string => `${JSON.stringify(entry)}\n`;

async function* userPages(run: Run, withSessions: boolean, now: Date): AsyncGenerator<ExportedUser[]> {
  const text = withSessions ? sql.USERS_AND_SESSIONS : sql.USERS;
  for (let after = 0; ;) {
    const users = (await run<{ user: ExportedUser }>(text, [after, now.toISOString()])).map(
      ({ user }) => user,
    );
    const last = users.at(-1);
    if (!last) return;
    yield users;
    after = last.id;
  }
}

async function* refusals(run: Run, now: Date): AsyncGenerator<ExportedRefusal> {
  await run(`DECLARE tokenjar_refusals NO SCROLL CURSOR FOR ${sql.refusalsAt(now)}`);
  for (;;) {
    const rows = await run<{ refusal: ExportedRefusal }>('FETCH 500 FROM tokenjar_refusals');
    for (const { refusal } of rows) yield refusal;
    if (rows.length === 0) break;
  }
  await run('CLOSE tokenjar_refusals');
}

/** An account whose factor could not be opened would come without it elsewhere, and be less safe than before. */
function opened(user: ExportedUser, keys: TotpKeys): ExportedUser {
  const roles = [...user.roles].sort();
  if (!user.totp) return { ...user, roles };
  const sealed = Buffer.from(user.totp.secret, 'hex');
  for (const key of keys) {
    const secret = unseal(key, sealed, contextOf(user.id, user.totp.id));
    if (secret) return { ...user, roles, totp: { ...user.totp, secret: base32(secret) } };
  }
  throw new ExportProblem(
    `The authenticator app of user ${user.id} was sealed with an unknown SECRET_KEY: add that one to SECRET_KEY_FALLBACKS`,
  );
}
