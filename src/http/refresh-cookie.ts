import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OPTIONS, type Options } from '../config/options.js';
import { RefreshTokens } from '../tokens/refresh-token.js';
import { OwnCookie } from './own-cookie.js';

/** The cookie that carries the refresh token. */
@Injectable()
export class RefreshCookie extends OwnCookie {
  constructor(
    @Inject(OPTIONS) options: Options,
    adapterHost: HttpAdapterHost,
    private readonly tokens: RefreshTokens,
  ) {
    super(options, adapterHost);
  }

  protected override get name(): string {
    return this.options.cookieName;
  }

  protected override isOfAnother(value: string): boolean {
    return this.tokens.isOfAnother(value);
  }
}
