import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import type { Caller } from '../http/caller.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { type Asserted, readAssertion, verifyAssertion } from './ceremonies.js';
import { Challenges, type ChallengeUse } from './challenges.js';
import type { PasskeyRow } from './passkey-statements.js';
import { Passkeys } from './passkeys.js';
import { type OptionalParty, RELYING_PARTY } from './relying-party.js';

/** A right answer by a passkey. */
export interface ProvedPasskey {
  userId: number;
  methods: readonly AuthMethod[];
  /** The state of the factors when it was the passkey of the user. */
  factorsEpoch: number;
}

/** What an answer has to be. */
interface Demand {
  use: ChallengeUse;
  /** Whose passkey it has to be; undefined if the answer says who it is. */
  userId?: number;
  caller: Caller;
}

/** Judges answers that were signed with a passkey. */
@Injectable()
export class PasskeyProof {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly challenges: Challenges,
    private readonly audit: Audit,
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
  ) {}

  /**
   * Judges an answer, and uses its challenge up if it is right.
   *
   * An unknown passkey is refused after the same work, so that nobody learns which ones exist.
   *
   * @returns undefined for whatever is wrong with it. **Source** Web Authentication Level 3 §7.2.
   */
  async verify(sent: unknown, { use, userId, caller }: Demand): Promise<ProvedPasskey | undefined> {
    if (!this.party) return undefined;
    const assertion = readAssertion(this.party, sent);
    if (!assertion || !this.challenges.isOurs(assertion.challenge, use)) return undefined;
    const passkey = await this.passkeys.find(Buffer.from(assertion.id, 'base64url'));
    const asserted = await verifyAssertion(this.party, assertion, passkey ?? NOBODYS);
    if (!passkey || !asserted) return undefined;
    const handle = assertion.response.userHandle;
    // Only the handle says who it is, unless that was known before. The library does not compare it.
    if (handle === undefined ? userId === undefined : handle !== passkey.handle.toString('base64url'))
      return undefined;
    if (userId !== undefined && passkey.userId !== userId) return undefined;
    return (await this.isCounted(passkey, assertion.challenge, asserted, caller))
      ? { userId: passkey.userId, methods: methodsOf(passkey, asserted), factorsEpoch: passkey.factorsEpoch }
      : undefined;
  }

  /** An answer whose counter has not grown is refused: the key has a copy, and either may have sent it. */
  private async isCounted(
    { factorId, userId }: PasskeyRow,
    challenge: Buffer,
    asserted: Asserted,
    caller: Caller,
  ): Promise<boolean> {
    const use = await this.passkeys.consume(factorId, challenge, asserted);
    if (use === 'cloned')
      await this.audit.record({ event: 'passkey_cloned', outcome: 'failure', userId, caller });
    return use === 'counted';
  }
}

/**
 * What an answer proves. A synced passkey counts as a key in software, whatever hardware its devices have. `user` means
 * that the authenticator verified its user, and did not only notice somebody there. **Source** RFC 8176 §2.
 */
export const methodsOf = (
  { isBackupEligible }: Pick<PasskeyRow, 'isBackupEligible'>,
  { isUserVerified }: Pick<Asserted, 'isUserVerified'>,
): readonly AuthMethod[] => [
  isBackupEligible ? 'swk' : 'hwk',
  ...(isUserVerified ? (['user'] as const) : []),
];

/** A P-256 key whose private half nobody has: the coordinates of the generator (SEC 2 §2.4.2). */
const NOBODYS = {
  id: Buffer.alloc(32),
  isBackupEligible: false,
  publicKey: Buffer.from(
    'a5010203262001215820' +
      '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
      '225820' +
      '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    'hex',
  ),
};
