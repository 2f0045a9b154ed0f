import { Injectable } from '@nestjs/common';
import { byOf } from '../../audit/audit.js';
import { Clock } from '../../clock.js';
import { Database } from '../../database/database.js';
import { TokenjarError } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { Metrics } from '../../measures.js';
import { DeviceProofs } from '../../tokens/device-proofs.js';
import type { RefreshSubject } from '../../tokens/refresh-token.js';
import * as sql from './device-binding-statements.js';
import { challengeSignedBy, shownKeyIn } from './signed-challenge.js';

/** What a device has shown. */
export type Proving =
  | { outcome: 'proven'; sessionId: string; proof: string }
  /** It has to sign this first. */
  | { outcome: 'challenged'; sessionId: string; challenge: string }
  /** The session that the browser keeps a key for is not that of its refresh token, or is not bound. */
  | { outcome: 'over'; sessionId: string };

/** Binds sessions to keys of their devices, and verifies that these are still there. */
@Injectable()
export class DeviceBinding {
  constructor(
    private readonly db: Database,
    private readonly proofs: DeviceProofs,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Keeps the key in a response for the session of a refresh token. The session is bound with the first proof: if this
   * answer is lost, the browser forgets the key and asks no more, and would never be let in again.
   *
   * The offer is what a sign-in has answered: whoever has copied the cookie later cannot bind the session to a key of
   * their own, and lock its owner out.
   *
   * @returns the public ID of the session. **Errors** `device_binding_refused`.
   */
  async register(token: RefreshSubject, signed: string | undefined): Promise<string> {
    const { lookupId, userId } = token;
    const shown = signed === undefined ? undefined : await shownKeyIn(signed);
    if (!shown || !this.proofs.isOffer(lookupId, shown.challenge)) throw this.refused();
    const now = this.clock.now();
    const [kept] = await this.db.run(sql.KEEP_KEY, [lookupId, userId, now, shown.jwk]);
    if (kept) return kept.session_id;
    // The connection broke, and the browser sent the same again.
    const [found] = await this.db.run(sql.FIND_BINDING, [lookupId, userId, now]);
    if (found?.bound_jwk !== shown.jwk) throw this.refused();
    return found.id;
  }

  /**
   * Verifies that a device still has the key of its session, and binds the session with the first proof.
   *
   * A challenge is accepted again, because browsers keep their signature of it, but not after a newer one: the signature
   * is in no cookie, so a copy of the cookies has none.
   *
   * @param namedId the session that the browser means. **Errors** `token_blacklisted`.
   */
  async prove(
    { lookupId, userId }: RefreshSubject,
    signed: string | undefined,
    namedId: string | undefined,
    caller: Caller,
  ): Promise<Proving> {
    const now = this.clock.now();
    const [row] = await this.db.run(sql.FIND_BINDING, [lookupId, userId, now]);
    if (!row) throw new TokenjarError('token_blacklisted');
    const { id: sessionId, bound_jwk: jwk, bound_at: boundAt, proven_at: provenAt } = row;
    if (jwk === null || (namedId !== undefined && namedId !== sessionId))
      return { outcome: 'over', sessionId: namedId ?? sessionId };
    const challenge = signed === undefined ? undefined : await challengeSignedBy(jwk, signed);
    const at = challenge === undefined ? undefined : this.proofs.challengedAt(lookupId, challenge);
    if (at && boundAt === null) {
      const [bound] = await this.db.run(sql.BIND, [lookupId, userId, now, jwk, at, ...byOf(caller)]);
      if (bound) this.metrics.add('tokenjar_device_bindings_total', 1, 'bound');
    }
    const isProven =
      at &&
      (at.getTime() === provenAt?.getTime() ||
        (await this.db.run(sql.PROVE, [lookupId, userId, jwk, at])).length > 0);
    return isProven
      ? { outcome: 'proven', sessionId, proof: this.proofs.proofOf(lookupId) }
      : { outcome: 'challenged', sessionId, challenge: this.proofs.challengeTo(lookupId, provenAt) };
  }

  private refused(): TokenjarError {
    this.metrics.add('tokenjar_device_bindings_total', 1, 'refused');
    return new TokenjarError('device_binding_refused');
  }
}
