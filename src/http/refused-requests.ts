import { Injectable } from '@nestjs/common';
import type { ErrorCode, TokenjarError } from '../errors.js';
import { Clock } from '../clock.js';
import { networkOf } from '../crypto/ip-network.js';
import { callerOf, type HttpRequest } from './caller.js';
import { stateOf } from './request-state.js';

/** Refusals of one kind from one network. */
export interface RefusedRequest {
  event:
    'login' | 'origin_refused' | 'rate_limited' | 'link_refused' | 'token_refused' | 'device_proof_missing';
  reason: string;
  /** The account as named by the request; null if it named none. */
  account: string | null;
  /** The first one. */
  ip: string | null;
  at: Date;
  count: number;
}

const EVENT_OF: Partial<Record<ErrorCode, RefusedRequest['event']>> = {
  email_not_verified: 'login',
  origin_refused: 'origin_refused',
  rate_limited: 'rate_limited',
  link_invalid: 'link_refused',
  token_invalid: 'token_refused',
  device_proof_required: 'device_proof_missing',
};
/** The maximum number of kinds counted separately until they are collected; further ones are counted together. */
const MOST = 50;

/**
 * Counts requests that were refused before authentication, until somebody records them. A flood takes as many rows as
 * it has kinds and networks, and no statement per request.
 */
@Injectable()
export class RefusedRequests {
  private byKey = new Map<string, RefusedRequest>();
  private kinds = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  note(error: TokenjarError, request: HttpRequest): void {
    const event = EVENT_OF[error.code];
    // If it names no account, the refused sign-in has recorded it.
    if (event === undefined || (event === 'login' && error.account === undefined)) return;
    // A browser that is about to prove its device is challenged by the same error.
    if (event === 'device_proof_missing' && error.account === undefined) return;
    const { ip } = callerOf(request);
    const at = this.clock.now();
    const reason = reasonOf(event, error, request);
    const account = error.account ?? null;
    const key = [event, reason, account, networkOf(ip)].join('\0');
    const known = this.byKey.get(key);
    if (known) known.count++;
    else if ((this.kinds.get(event) ?? 0) < MOST) this.add(key, { event, reason, account, ip, at, count: 1 });
    else this.addToOthers(event, at);
  }

  /** Returns the counts and resets them. */
  take(): RefusedRequest[] {
    const all = [...this.byKey.values()];
    this.byKey = new Map();
    this.kinds = new Map();
    return all;
  }

  private add(key: string, refused: RefusedRequest): void {
    this.byKey.set(key, refused);
    this.kinds.set(refused.event, (this.kinds.get(refused.event) ?? 0) + 1);
  }

  private addToOthers(event: RefusedRequest['event'], at: Date): void {
    const others = this.byKey.get(event);
    if (others) others.count++;
    else this.byKey.set(event, { event, reason: 'others', account: null, ip: null, at, count: 1 });
  }
}

/** A short description that contains nothing chosen by a stranger, except a well-formed origin. */
function reasonOf(
  event: RefusedRequest['event'],
  { limit, code }: TokenjarError,
  request: HttpRequest,
): string {
  if (event === 'rate_limited') return limit?.name ?? code;
  if (event === 'link_refused') return stateOf(request).served?.operation ?? code;
  if (event === 'token_refused' || event === 'login' || event === 'device_proof_missing') return code;
  const { origin = 'none' } = request.headers;
  const isOrigin = origin.length <= 100 && URL.canParse(origin) && new URL(origin).origin === origin;
  return isOrigin || origin === 'none' || origin === 'null' ? origin : 'malformed';
}
