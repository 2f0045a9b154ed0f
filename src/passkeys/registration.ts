import { Inject, Injectable } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { NewPasskeyInput, PublicKeyOptions, SetUpPasskey } from '../http/passkey-payloads.js';
import type { Principal } from '../http/principal.js';
import { Factors, type KeepFactor, type NewFactor } from '../mfa/factors.js';
import type { AuthMethod } from '../tokens/authentication.js';
import { nameOf, type User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { authenticatorName } from './authenticator-names.js';
import { creationOptions, readNewCredential, type Registered, verifyRegistration } from './ceremonies.js';
import { Challenges, type ChallengeUse } from './challenges.js';
import { methodsOf } from './passkey-proof.js';
import { MOST_PASSKEYS, Passkeys } from './passkeys.js';
import { type OptionalParty, RELYING_PARTY } from './relying-party.js';

/** Authenticators keep the name that they are told: an account without one is called by the ID that never changes. */
const KEPT = { userId: 'uuid' } as const;

/** A passkey that was made, to be kept as a factor. */
export interface MadePasskey extends Pick<NewFactor, 'type' | 'name'> {
  methods: readonly AuthMethod[];
  keep: KeepFactor;
}

/** How passkeys are added. */
@Injectable()
export class PasskeyRegistration {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly challenges: Challenges,
    private readonly factors: Factors,
    private readonly users: Users,
    @Inject(RELYING_PARTY) private readonly party: OptionalParty,
  ) {}

  /** Options for the user of a session. **Errors** `method_not_available`, `factor_limit_reached`. */
  async begin({ userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>): Promise<PublicKeyOptions> {
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    return { publicKey: await this.options(user, `registration ${sessionId}`) };
  }

  /** Adds a passkey. **Errors** `passkey_invalid`, and those of {@link Factors.add}. */
  async complete(
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    { credential, name }: NewPasskeyInput,
    caller: Caller,
  ): Promise<SetUpPasskey> {
    const made = await this.verify(credential, `registration ${sessionId}`, name);
    if (!made) throw new TokenjarError('passkey_invalid');
    const user = await this.users.findById(userId);
    if (!user) throw new TokenjarError('user_not_found');
    const { keep, ...facts } = made;
    const { factor, recoveryCodes } = await this.factors.add(keep, {
      ...facts,
      user,
      session: { userId, sessionId },
      caller,
    });
    const passkey = await this.passkeys.get(factor.id, userId);
    return { factor, passkey, ...(recoveryCodes && { recoveryCodes }) };
  }

  /** The options of the client, for a use of its own. **Errors** `method_not_available`, `factor_limit_reached`. */
  async options(user: User, use: ChallengeUse): Promise<Record<string, unknown>> {
    if (!this.party) throw new TokenjarError('method_not_available');
    const known = await this.passkeys.list(user.id);
    if (known.length >= MOST_PASSKEYS) throw new TokenjarError('factor_limit_reached');
    const handle = await this.passkeys.handleOf(user.id);
    return creationOptions(
      this.party,
      this.challenges.issue(use),
      { handle, name: nameOf(user, KEPT) },
      known,
    );
  }

  /**
   * Verifies what a client made. Its challenge is used up with the factor, in one transaction.
   *
   * @param name as its user calls it; by default the name of the authenticator. @returns undefined for a wrong one.
   */
  async verify(credential: unknown, use: ChallengeUse, name?: string): Promise<MadePasskey | undefined> {
    const sent = this.party && readNewCredential(this.party, credential);
    if (!this.party || !sent || !this.challenges.isOurs(sent.challenge, use)) return undefined;
    const made = await verifyRegistration(this.party, sent);
    return (
      made && {
        type: 'passkey',
        name: name ?? authenticatorName(made.aaguid) ?? null,
        methods: methodsOf(made, made),
        keep: this.keeping(sent.challenge, made),
      }
    );
  }

  private keeping(challenge: Buffer, made: Registered): KeepFactor {
    return async (tx, factorId) => {
      if (!(await this.passkeys.keep(factorId, challenge, made, tx)))
        throw new TokenjarError('passkey_invalid');
    };
  }
}
