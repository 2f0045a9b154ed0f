import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { addSeconds, Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { TokenjarError } from '../errors.js';
import type { FoundAccount } from './linking.js';
import type { WantedSession } from './pending-identities.js';

/** **Unit** seconds. **Source** RFC 6749 §4.1.2, which allows ten minutes. */
const LIFETIME = 60;

interface CodeRow extends FoundAccount {
  codeChallenge: string;
  remember: boolean;
  scope: string | null;
  expiresAt: Date;
}

const ADD = statement<
  [
    digest: Buffer,
    codeChallenge: string,
    provider: string,
    issuer: string,
    subject: string,
    email: string | null,
    isEmailVerified: boolean,
    name: string | null,
    isMultiFactor: boolean,
    remember: boolean,
    expiry: Date,
    scope: string | null,
  ]
>(
  'provider_code_add',
  `INSERT INTO tokenjar.provider_codes (digest, code_challenge, provider, issuer, subject, email, is_email_verified,
      name, is_multi_factor, remember, expires_at, scope)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
);
/** Whatever comes with it: of concurrent requests one succeeds, and nobody has a second guess. */
const CONSUME = statement<[digest: Buffer], Omit<CodeRow, 'email'> & { email: string | null }>(
  'provider_code_consume',
  `DELETE FROM tokenjar.provider_codes WHERE digest = $1
    RETURNING code_challenge AS "codeChallenge", provider, issuer, subject, email,
      is_email_verified AS "isEmailVerified", name, is_multi_factor AS "isMultiFactor", remember, scope,
      expires_at AS "expiresAt"`,
);

/**
 * One-time codes for apps, and for pages of other sites, which no cookie of ours reaches: whoever began the attempt redeems
 * the code with the verifier of its challenge. A code that somebody else sees is worth nothing.
 *
 * **Shape** of a code: 32 random bytes, base64url. The database contains only its digest.
 * **Source** RFC 7636; RFC 8252 §6.
 */
@Injectable()
export class ProviderCodes {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async add(
    found: FoundAccount,
    codeChallenge: string,
    { remember, scope = null }: WantedSession,
  ): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    const { provider, issuer, subject, email = null, isEmailVerified, name = null } = found;
    const account = [provider, issuer, subject, email, isEmailVerified, name] as const;
    const expiry = addSeconds(this.clock.now(), LIFETIME);
    const isMultiFactor = found.isMultiFactor ?? false;
    const wanted = [remember, expiry, scope] as const;
    await this.db.run(ADD, [sha256(code), codeChallenge, ...account, isMultiFactor, ...wanted]);
    return code;
  }

  /** **Errors** `login_expired`, whatever is wrong. */
  async consume(code: string, verifier: string): Promise<{ found: FoundAccount; wanted: WantedSession }> {
    const [row] = await this.db.run(CONSUME, [sha256(code)]);
    if (!row) throw new TokenjarError('login_expired');
    const { codeChallenge, expiresAt, remember, scope, email, ...account } = row;
    const isProved = timingSafeEqual(sha256(sha256(verifier).toString('base64url')), sha256(codeChallenge));
    if (!isProved || expiresAt <= this.clock.now()) throw new TokenjarError('login_expired');
    return { found: { ...account, email: email ?? undefined }, wanted: { remember, scope } };
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
