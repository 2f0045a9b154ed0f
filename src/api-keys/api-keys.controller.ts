import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Input } from '../http/input.js';
import type { CreatedKey, ExchangedToken, ListedKey, NewKeyInput } from '../http/key-payloads.js';
import { ApiController, Operation } from '../http/operation.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { ApiKeys } from './api-keys.js';
import { KeyExchange } from './key-exchange.js';
import { KeyPrincipal } from './key-principal.js';

/** /keys: the own API keys. */
@ApiController()
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly exchange: KeyExchange,
  ) {}

  @Operation('createKey')
  create(
    @CurrentUser() me: Principal,
    @Input() input: NewKeyInput,
    @From() caller: Caller,
  ): Promise<CreatedKey> {
    return this.keys.create(me, input, caller);
  }

  @Operation('listKeys')
  list(@CurrentUser() me: Principal): Promise<ListedKey[]> {
    return this.keys.list(me.userId);
  }

  @Operation('revokeKey')
  async revoke(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    // A malformed ID does not name a key of the user either.
    const isKnown = z.uuid().safeParse(id).success && (await this.keys.revoke(me.userId, id, caller));
    if (!isKnown) throw new TokenjarError('api_key_not_found');
  }

  @Operation('exchangeKey')
  token(@CurrentUser() me: Principal): Promise<ExchangedToken> {
    if (!(me instanceof KeyPrincipal)) throw new TokenjarError('token_wrong_type');
    return this.exchange.exchange(me);
  }
}
