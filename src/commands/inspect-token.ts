import { JwtService } from '@nestjs/jwt';
import { Clock } from '../clock.js';
import { readEnvironment } from '../config/env.js';
import type { Options } from '../config/options.js';
import { findSecretKey } from '../config/secret-key.js';
import { Database } from '../database/database.js';
import { DatabaseClock } from '../database/database-clock.js';
import { TokenjarError } from '../errors.js';
import { readOwnKey } from '../keys/key-material.js';
import { KeySecrets } from '../keys/key-secrets.js';
import { KeyStore, ringOf } from '../keys/key-store.js';
import { refreshKeyOf, tokenUsersOf } from '../keys/signing-keys.js';
import { KeyRing } from '../tokens/key-ring.js';
import { AccessTokens } from '../tokens/access-token.js';
import { looksLikeApiKey } from '../tokens/api-key.js';
import { isSignedBy, readHeader, readUnverifiedClaims } from '../tokens/jwt.js';
import { Blacklist } from '../users/blacklist/blacklist.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { terminalText } from './terminal-text.js';
import { stateOfApiKey, stateOfRefresh } from './token-state.js';

/** What is known of a token. It does not contain the token. */
export interface TokenReport {
  type: 'access' | 'refresh' | 'api_key' | 'unknown';
  algorithm: string | null;
  kid: string | null;
  signature: 'valid' | 'invalid' | 'none';
  /** Which key made the signature. */
  signed_by: 'current' | 'former' | null;
  issued_at: string | null;
  expires_at: string | null;
  state: string;
  claims: Readonly<Record<string, unknown>>;
}

const NOTHING = {
  algorithm: null,
  kid: null,
  signed_by: null,
  issued_at: null,
  expires_at: null,
  claims: {},
};

/** Says what a token is, who signed it, and whether the server accepts it. Nothing is recorded, and it is not shown. */
export async function inspectToken(given: string, isJson: boolean): Promise<string> {
  const token = given.trim().replace(/^Bearer\s+/i, '');
  if (token === '') throw new CommandError('There is no token: give it on standard input.');
  const report = await inApplication([UserRecordsModule], async (application) => {
    const db = application.get(Database);
    const clock = application.get(Clock);
    await application.get(DatabaseClock, { strict: false }).measure(true);
    if (looksLikeApiKey(token)) return apiKeyReport(await stateOfApiKey(token, db, clock.now()));
    return inspectJwt(token, { db, now: clock.now(), blacklist: application.get(Blacklist) });
  });
  return isJson ? JSON.stringify(report) : textOf(report);
}

const apiKeyReport = (state: string): TokenReport => ({
  ...NOTHING,
  type: 'api_key',
  signature: 'none',
  state,
});

interface Records {
  db: Database;
  now: Date;
  blacklist: Blacklist;
}

async function inspectJwt(token: string, records: Records): Promise<TokenReport> {
  const unknown: TokenReport = {
    ...NOTHING,
    type: 'unknown',
    signature: 'none',
    state: 'not a token of ours',
  };
  let header: ReturnType<typeof readHeader>;
  let claims: Record<string, unknown>;
  try {
    header = readHeader(token);
    claims = readUnverifiedClaims(token);
  } catch {
    return unknown;
  }
  const options = readEnvironment();
  const secretKey = options.secretKey ?? (await findSecretKey(options.dataDir));
  if (secretKey === undefined)
    throw new CommandError('SECRET_KEY: is not set; this command needs that of the server');
  const isRefresh = claims.token_type === 'refresh';
  const facts = {
    ...unknown,
    type: isRefresh
      ? ('refresh' as const)
      : claims.token_type === 'access'
        ? ('access' as const)
        : unknown.type,
    algorithm: header.alg,
    kid: header.kid ?? null,
    issued_at: momentOf(claims.iat),
    expires_at: momentOf(claims.exp),
    claims,
  };
  const signedBy = isRefresh
    ? refreshSigner(token, options, secretKey)
    : await accessSigner(token, options, secretKey, records);
  if (signedBy === undefined)
    return { ...facts, signature: 'invalid', state: 'refused: none of our keys signed it' };
  // simplejwt writes neither.
  if (!((isRefresh ? 'gen' : 'sid') in claims))
    return { ...facts, signature: 'valid', signed_by: signedBy, state: OF_ANOTHER };
  const state = isRefresh
    ? await stateOfRefresh(claims, records.db, records.now)
    : await stateOfAccess(token, options, secretKey, records);
  return { ...facts, signature: 'valid', signed_by: signedBy, state };
}

const OF_ANOTHER =
  'made by others with our key, such as a Django site: the server says what it is worth, at POST /auth/token/verify';

type Signer = 'current' | 'former' | undefined;

function refreshSigner(token: string, options: Options, secretKey: string): Signer {
  const jwt = new JwtService();
  const isBy = (secret: string): boolean => {
    const { key, algorithm } = refreshKeyOf(options, secret);
    return isSignedBy(jwt, token, key, algorithm);
  };
  if (isBy(secretKey)) return 'current';
  return options.secretKeyFallbacks.some(isBy) ? 'former' : undefined;
}

async function accessSigner(
  token: string,
  options: Options,
  secretKey: string,
  { db, now }: Records,
): Promise<Signer> {
  const ring = await ringFor(options, secretKey, db);
  const { kid, alg } = readHeader(token);
  const jwt = new JwtService();
  const key = ring
    .findAll(kid, alg, now)
    .find(({ publicKey, algorithm }) => isSignedBy(jwt, token, publicKey, algorithm));
  if (key === undefined) return undefined;
  return key.publicKey === ring.signerAt(now).publicKey ? 'current' : 'former';
}

/** The keys of the server, as they are now. */
async function ringFor(options: Options, secretKey: string, db: Database): Promise<KeyRing> {
  const own = readOwnKey(options);
  if (own) return KeyRing.of(own);
  const secrets = new KeySecrets([secretKey, ...options.secretKeyFallbacks], options.tokenFormat);
  return KeyRing.scheduled(ringOf(await new KeyStore(db, secrets, undefined).read()));
}

/** As a server judges it. */
async function stateOfAccess(
  token: string,
  options: Options,
  secretKey: string,
  { db, now, blacklist }: Records,
): Promise<string> {
  try {
    const keys = await ringFor(options, secretKey, db);
    const claims = new AccessTokens(new JwtService(), keys, options, tokenUsersOf(options, secretKey)).verify(
      token,
      now,
    );
    await blacklist.check(claims);
    return 'accepted';
  } catch (error) {
    if (error instanceof TokenjarError) return `refused: ${error.code}`;
    throw error;
  }
}

const momentOf = (seconds: unknown): string | null =>
  Number.isSafeInteger(seconds) && (seconds as number) < 253_402_300_800 && (seconds as number) >= 0
    ? new Date((seconds as number) * 1000).toISOString()
    : null;

const textOf = ({ claims, ...facts }: TokenReport): string =>
  [
    ...Object.entries(facts).flatMap(([name, value]) =>
      value === null ? [] : [`${name.padEnd(12)}${terminalText(String(value))}`],
    ),
    ...(Object.keys(claims).length > 0 ? [`claims      ${terminalText(JSON.stringify(claims))}`] : []),
  ].join('\n');
