import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OPTIONS, type Options } from '../config/options.js';
import type { HttpRequest } from './caller.js';
import { DIALECT, type Dialect } from './dialects/dialect.js';
import { OwnCookie, type SentCookie } from './own-cookie.js';

/**
 * The cookie of a login that lacks a step. Its secret is sent in bodies instead if the refresh token is, or if the
 * dialect requires it.
 */
@Injectable()
export class PendingLoginCookie extends OwnCookie {
  private readonly isUsed: boolean;

  constructor(
    @Inject(OPTIONS) options: Options,
    adapterHost: HttpAdapterHost,
    @Inject(DIALECT) dialect: Dialect,
  ) {
    super(options, adapterHost);
    this.isUsed = options.refreshTokenIn !== 'body' && !dialect.isPendingLoginInBody;
  }

  /** It lives for minutes, so there are no old ones under a less protected name: such a cookie was planted. */
  override sent(request: HttpRequest): SentCookie[] {
    return this.isUsed ? super.sent(request) : [];
  }

  /** The secrets in cookies set by this host. */
  secretsIn(request: HttpRequest): string[] {
    const least = this.protectionFor(request);
    return this.sent(request).flatMap(({ value, protection }) => (protection >= least ? [value] : []));
  }

  override set(
    request: HttpRequest,
    response: unknown,
    value: string,
    maxAge: number | undefined,
    isSignIn?: boolean,
  ): void {
    if (this.isUsed) super.set(request, response, value, maxAge, isSignIn);
  }

  override clear(request: HttpRequest, response: unknown, only?: string): void {
    if (this.isUsed) super.clear(request, response, only);
  }

  protected override get name(): string {
    return 'pending_login';
  }

  /** No other app uses this name. */
  protected override isOfAnother(): boolean {
    return false;
  }

  protected override get sameSite(): 'strict' {
    return 'strict';
  }
}
