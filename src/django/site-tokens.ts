import type { JwtService } from '@nestjs/jwt';
import { epochSeconds } from '../clock.js';
import { TokenjarError, type TokenProblem } from '../errors.js';
import { checkTimes, readHeader, readUnverifiedClaims, verifySignature } from '../tokens/jwt.js';
import type { SiteTokenRules } from './site-key.js';

/** What a token of the Django site says, once it was verified. */
export interface SiteToken {
  kind: 'refresh' | 'access';
  jti: string;
  /** The key of the user at the site. **Shape** `42`, or a UUID. */
  subject: string;
  /** **Unit** seconds since 1970. */
  expiresAt: number;
  /** Undefined for tokens of simplejwt before 5.0. */
  issuedAt: number | undefined;
  /** What binds it to the password, where the site has such a claim. */
  passwordMark: string | undefined;
  claims: Readonly<Record<string, unknown>>;
}

const KINDS = new Set<unknown>(['refresh', 'access', 'sliding']);
/** Keys of users are integers or UUIDs; a text of the site's own fits as well. **Unit** characters. */
const LONGEST_SUBJECT = 255;

/**
 * Verifies what a Django site with djangorestframework-simplejwt signed: as simplejwt does, without a look at the user
 * or at its blacklist.
 *
 * **Shape** JWT, header `{alg, typ: JWT}`; claims `token_type exp iat? jti user_id`, and what the site added.
 * **Source** simplejwt 4.7 to 5.5, `tokens.py` and `backends.py`.
 */
export class SiteTokens {
  constructor(
    private readonly jwt: JwtService,
    readonly rules: SiteTokenRules,
  ) {}

  /** Whether the site signed it, and we did not, though it may have expired. */
  signed(token: string): boolean {
    return this.claimsOf(token) !== undefined;
  }

  /**
   * Verifies a token of one kind.
   *
   * **Errors** `token_invalid`, `token_expired`, `token_wrong_type`, in simplejwt's order.
   */
  verify(token: string, kind: SiteToken['kind'], now: Date): SiteToken {
    const claims = this.claimsOf(token);
    if (!claims) throw invalid();
    this.checkTimes(claims, now);
    this.checkIssuer(claims);
    const { jtiClaim, typeClaim, userIdClaim, revokeClaim } = this.rules;
    const jti = claims[jtiClaim];
    if (jti === undefined || jti === '') throw invalid('no_jti');
    if (typeof jti !== 'string') throw invalid();
    const type = claims[typeClaim];
    if (type === undefined) throw invalid('no_type');
    if (type !== kind) throw KINDS.has(type) ? new TokenjarError('token_wrong_type') : invalid();
    const subject = claims[userIdClaim];
    if (subject === undefined || subject === null) throw invalid('no_user');
    const mark = revokeClaim === undefined ? undefined : claims[revokeClaim];
    return {
      kind,
      jti,
      subject: subjectOf(subject),
      expiresAt: claims.exp as number,
      issuedAt: claims.iat as number | undefined,
      passwordMark: typeof mark === 'string' ? mark : undefined,
      claims,
    };
  }

  /** The kind that a token says it is of. It may not be true. */
  kindOf(token: string): SiteToken['kind'] {
    return readUnverifiedClaims(token)[this.rules.typeClaim] === 'refresh' ? 'refresh' : 'access';
  }

  /** simplejwt before 5.0 wrote no `iat`. */
  private checkTimes(claims: Readonly<Record<string, unknown>>, now: Date): void {
    const { exp, iat, nbf } = claims;
    if (exp === undefined) throw invalid('no_exp');
    if (!isMoment(exp) || !isMomentOrAbsent(iat) || !isMomentOrAbsent(nbf)) throw invalid();
    checkTimes({ exp, iat: iat ?? 0, nbf }, { now, leeway: this.rules.leeway });
  }

  private checkIssuer({ iss, aud }: Readonly<Record<string, unknown>>): void {
    const { issuer, audience } = this.rules;
    if (issuer !== '' && iss !== issuer) throw invalid();
    const named: unknown[] = Array.isArray(aud) ? aud : [aud];
    if (audience.length > 0 && !named.some((each) => isIn(audience, each))) throw invalid();
  }

  /** The claims of a token that the key of the site signed; undefined for others. */
  private claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
    const { key, algorithm, isOwnKey } = this.rules;
    try {
      const { alg, typ = 'JWT' } = readHeader(token);
      // The algorithm is the key's, whatever a token says. **Source** RFC 8725 §3.1.
      if (alg !== algorithm || typ !== 'JWT') return undefined;
      const claims = verifySignature(this.jwt, token, key, {
        algorithms: [algorithm],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
      // The payload may be any JSON.
      if (!isClaims(claims)) return undefined;
      // Where the key is ours too, ours are told by what only we write.
      return isOwnKey && ('gen' in claims || 'sid' in claims) ? undefined : claims;
    } catch (error) {
      if (error instanceof TokenjarError) return undefined;
      throw error;
    }
  }
}

const invalid = (tokenProblem?: TokenProblem) =>
  new TokenjarError('token_invalid', tokenProblem ? { tokenProblem } : {});

const isClaims = (payload: unknown): boolean =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload);

const isMoment = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 253_402_300_800;
const isMomentOrAbsent = (value: unknown): value is number | undefined =>
  value === undefined || isMoment(value);

const isIn = (audience: readonly string[], value: unknown): boolean =>
  typeof value === 'string' && audience.includes(value);

/** simplejwt wrote integer keys as numbers before 5.5.1. **Errors** `token_invalid`. */
function subjectOf(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_SUBJECT && !value.includes('\0'))
    return value;
  throw invalid();
}

/** When a token was issued, as far as it says. **Unit** seconds since 1970. */
export const issuedAtOf = ({ issuedAt }: SiteToken, now: Date): number =>
  Math.min(issuedAt ?? 0, epochSeconds(now));
