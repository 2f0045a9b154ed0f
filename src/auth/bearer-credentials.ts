import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import type { Principal } from '../http/principal.js';

/** What may stand in the Authorization header in place of an access token. */
export interface BearerCredential {
  /** Whether a text claims to be one. */
  recognises: (text: string) => boolean;
  /** **Errors** `token_*`, `user_inactive`, `rate_limited`, `database_unavailable`. */
  verify: (text: string, caller: () => Pick<Caller, 'ip'>) => Principal | Promise<Principal>;
}

/** The registry of these. */
@Injectable()
export class BearerCredentials {
  private readonly known: BearerCredential[] = [];

  register(credential: BearerCredential): void {
    this.known.push(credential);
  }

  /** What a text claims to be; undefined if it can only be an access token. */
  kindOf(text: string): BearerCredential | undefined {
    return this.known.find(({ recognises }) => recognises(text));
  }
}
