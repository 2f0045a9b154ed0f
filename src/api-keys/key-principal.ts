import { Principal } from '../http/principal.js';
import type { AccessSubject } from '../tokens/access-token.js';

/** The owner of an API key, for a request that came with it. It has permissions, and neither roles nor a level. */
export class KeyPrincipal extends Principal {
  /** @param expiresAt of the key. **Unit** seconds since 1970. */
  constructor(
    readonly subject: AccessSubject & { keyId: string },
    expiresAt: number,
    claims: Readonly<Record<string, unknown>>,
  ) {
    super(subject.userId, subject.keyId, [], expiresAt, claims, subject);
  }
}
