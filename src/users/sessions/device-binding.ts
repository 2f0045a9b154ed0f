import { Inject, Injectable } from '@nestjs/common';
import { byOf } from '../../audit/audit.js';
import { addSeconds, Clock } from '../../clock.js';
import { OPTIONS, type Options } from '../../config/options.js';
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
    @Inject(OPTIONS) private readonly options: Pick<Options, 'leeway'>,
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
    token: RefreshSubject,
    signed: string | undefined,
    namedId: string | undefined,
    caller: Caller,
  ): Promise<Proving> {
    const { lookupId, userId } = token;
    const now = this.clock.now();
    // As long as the rules of a refresh have it alive: refused here, the browser would forget the key before.
    const aliveAfter = addSeconds(now, -this.options.leeway);
    const [row] = await this.db.run(sql.FIND_BINDING, [lookupId, userId, aliveAfter]);
    if (!row) throw new TokenjarError('token_blacklisted');
    const { id: sessionId, bound_jwk: jwk, bound_at: boundAt, proven_at: provenAt } = row;
    if (jwk === null || (namedId !== undefined && namedId !== sessionId))
      return { outcome: 'over', sessionId: namedId ?? sessionId };
    const challenge = signed === undefined ? undefined : await challengeSignedBy(jwk, signed);
    const at = challenge === undefined ? undefined : this.proofs.challengedAt(lookupId, challenge);
    const [bound] =
      at && boundAt === null
        ? await this.db.run(sql.BIND, [lookupId, userId, now, jwk, at, ...byOf(caller)])
        : [];
    if (bound) this.metrics.add('tokenjar_device_bindings_total', 1, 'bound');
    const isProven =
      at &&
      (bound !== undefined ||
        at.getTime() === provenAt?.getTime() ||
        (await this.db.run(sql.PROVE, [lookupId, userId, jwk, at])).length > 0);
    return isProven
      ? { outcome: 'proven', sessionId, proof: this.proofs.proofOf(token) }
      : { outcome: 'challenged', sessionId, challenge: this.proofs.challengeTo(lookupId, provenAt) };
  }

  /**
   * Ends the binding of a session, where sessions are not bound (any more, or by this instance): its browser is about to
   * forget the key, and would never be let in again once they are.
   *
   * @param namedId the session that the browser means; another one keeps its key.
   * @returns the session that the browser is to forget. **Errors** `not_found` if it named none, and none was bound.
   */
  async release(
    { lookupId, userId }: RefreshSubject,
    namedId: string | undefined,
    caller: Caller,
  ): Promise<string> {
    const values = [lookupId, userId, this.clock.now(), namedId ?? null, ...byOf(caller)] as const;
    const [released] = await this.db.run(sql.RELEASE, [...values]);
    if (released) this.metrics.add('tokenjar_device_bindings_total', 1, 'released');
    const sessionId = namedId ?? released?.session_id;
    if (sessionId === undefined) throw new TokenjarError('not_found');
    return sessionId;
  }

  private refused(): TokenjarError {
    this.metrics.add('tokenjar_device_bindings_total', 1, 'refused');
    return new TokenjarError('device_binding_refused');
  }
}
