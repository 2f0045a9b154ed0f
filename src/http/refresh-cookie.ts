import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OPTIONS, type Options } from '../config/options.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import type { HttpRequest } from './caller.js';
import { readInput } from './input.js';
import type { RefreshTokenInBody } from './payloads.js';
import { OwnCookie } from './own-cookie.js';
import { stateOf } from './request-state.js';

/** The cookie that carries the refresh token, and the body that may carry it in its place. */
@Injectable()
export class RefreshCookie extends OwnCookie {
  constructor(
    @Inject(OPTIONS) options: Options,
    adapterHost: HttpAdapterHost,
    private readonly tokens: RefreshTokens,
  ) {
    super(options, adapterHost);
  }

  /** The token in the body, where `REFRESH_TOKEN_IN` lets it be there; else null. **Errors** `input_invalid`. */
  tokenInBody(request: HttpRequest): string | null {
    // A host may ask for our refresh strategy on a route of its own, whose bodies are not ours to read.
    if (this.options.refreshTokenIn === 'cookie' || !stateOf(request).served) return null;
    return (readInput(request) as RefreshTokenInBody).refreshToken ?? null;
  }

  /** Every token that was sent, the first to be judged first. **Errors** `input_invalid`. */
  tokensOf(request: HttpRequest): string[] {
    const inBody = this.tokenInBody(request);
    return [...(inBody === null ? [] : [inBody]), ...this.read(request)];
  }

  protected override get name(): string {
    return this.options.cookieName;
  }

  protected override isOfAnother(value: string): boolean {
    return this.tokens.isOfAnother(value);
  }
}
