import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { readAuthorization } from '../auth/authorization-header.js';
import { OPTIONS, type Options } from '../config/options.js';
import { TokenjarError } from '../errors.js';
import { callerOf, type HttpRequest } from '../http/caller.js';
import { looksLikeApiKey } from '../tokens/api-key.js';
import { KeyVerification } from './key-verification.js';

/** The permission of the key that another service needs to ask about tokens. */
const PERMISSION = 'introspect';

/**
 * Demands an API key with the permission `introspect`: as Bearer, or as the password of Basic, which clients of OAuth
 * call `client_secret_basic`. The name in Basic is not read: the key says whose it is.
 *
 * **Errors** `access_missing`, `bad_authorization_header`, `token_*`, `insufficient_scope`. **Source** RFC 7662 §2.1,
 * RFC 7009 §2.1, RFC 6749 §2.3.1.
 */
@Injectable()
export class ServiceGuard implements CanActivate {
  constructor(
    private readonly keys: KeyVerification,
    @Inject(OPTIONS) private readonly options: Options,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const key = this.keyIn(request.headers.authorization);
    if (!looksLikeApiKey(key)) throw new TokenjarError('token_wrong_type');
    const me = await this.keys.verify(key, () => callerOf(request));
    if (!me.scopes.includes(PERMISSION))
      throw new TokenjarError('insufficient_scope', { scope: [PERMISSION] });
    request.user = me;
    return true;
  }

  private keyIn(header: string | undefined): string {
    const key = passwordIn(header) ?? readAuthorization(header, this.options);
    if (key === null) throw new TokenjarError('access_missing');
    return key;
  }
}

/** The password of Basic; undefined where the header has another scheme. **Source** RFC 7617 §2, RFC 6749 §2.3.1. */
function passwordIn(header: string | undefined): string | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon < 0) throw new TokenjarError('bad_authorization_header');
  try {
    // Libraries encode name and password as forms do, some of them even the underscore of a key.
    return decodeURIComponent(pair.slice(colon + 1));
  } catch (cause) {
    throw new TokenjarError('bad_authorization_header', { cause });
  }
}
