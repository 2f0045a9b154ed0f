import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Metrics } from '../measures.js';
import { shownIdIn } from '../tokens/token-user.js';
import type { ShownId } from '../user-id.js';
import type { HttpRequest } from './caller.js';
import { LOGIN_METHODS } from './login-methods.js';
import { Principal } from './principal.js';
import { stateOf } from './request-state.js';

/** What became of a request. No text of the request is in it. */
export interface RequestOutcome {
  /** Its name in the OpenAPI document; `other` for a page or a route of a host, `none` where there is no route. */
  operation: string;
  status: number;
  /** What was refused, or what a sign-in still needs. */
  code: string | undefined;
  userId: ShownId | undefined;
  sessionId: string | undefined;
}

/** The one place where it is known what became of a request: metrics, log and traces say the same. */
@Injectable()
export class RequestOutcomes {
  private isSeenFromOutside = false;

  constructor(private readonly metrics: Metrics) {}

  /** Our own server sees every request from beginning to end, also those that reach no guard. */
  seenFromOutside(): void {
    this.isSeenFromOutside = true;
  }

  /** In an app of a host, a request is seen from its guard on. */
  follow(request: HttpRequest, response: { raw?: ServerResponse }): void {
    if (this.isSeenFromOutside || !this.metrics.isOn) return;
    const raw = response.raw ?? (response as ServerResponse);
    const began = performance.now();
    raw.once('finish', () => this.measure(this.of(request, raw.statusCode, true), performance.now() - began));
  }

  /** @param isFound whether there is a route at its address. */
  of(request: HttpRequest, status: number, isFound: boolean): RequestOutcome {
    const { served, fixed, code, refreshToken, shownId, sessionId } = stateOf(request);
    const principal = request.user instanceof Principal ? request.user : undefined;
    return {
      operation: served?.operation ?? fixed ?? (isFound ? 'other' : 'none'),
      status,
      code,
      userId:
        shownId ??
        principal?.shownId ??
        (refreshToken && served ? shownIdIn(refreshToken, served.options) : undefined),
      sessionId: sessionId ?? principal?.sessionId,
    };
  }

  /** **Unit** milliseconds. */
  measure({ operation, status, code }: RequestOutcome, took: number): void {
    this.metrics.add('tokenjar_requests_total', 1, operation, String(status));
    this.metrics.observe('tokenjar_request_duration_seconds', took / 1000, operation);
    const method = (LOGIN_METHODS as Readonly<Record<string, string>>)[operation];
    if (method !== undefined) this.metrics.add('tokenjar_logins_total', 1, method, code ?? 'success');
  }
}
