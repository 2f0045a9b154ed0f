/**
 * The history that the checker judges: for every session, who presented which token when, and the response.
 *
 * Times are milliseconds since the run began, on the clock of this process. Tokens are identified by their bytes, never by
 * their content, so the checker can judge any server, independently of the server's own logic.
 */

import type { Herd } from './herds.js';

/** Number of a token's bytes within a run. */
export type Token = number;

/** One request as sent to a server; a duplicated request makes two. */
export interface Exchange {
  asked: 'refresh' | 'verify';
  holder: 'owner' | 'thief' | 'checker';
  /** The sender, for the report: `b12.0` is the first tab of browser 12. */
  by: string;
  token: Token;
  sentAt: number;
  /** Missing if there was no response: the server died, or the client disconnected. */
  answeredAt?: number;
  status?: number;
  code?: string;
  /** The token set by the response, if any. */
  issued?: Token;
  /** Whether the response reached the client in time. */
  isDelivered?: boolean;
}

export interface Theft {
  at: number;
  style: string;
  /** **Unit** milliseconds until the first use. */
  delay: number;
  /** Whether the jar had a proof of the device in it. */
  hasProof?: boolean;
}

export interface SessionHistory {
  browser: string;
  openedAt: number;
  /** The token from the sign-in. */
  first: Token;
  theft?: Theft;
  /** When its browser knew that it is bound to a key. */
  boundAt?: number;
  /** When the server made its browser forget the key. */
  keyLostAt?: number;
  exchanges: Exchange[];
}

/** A session ended by its user, and for how long another instance accepted its access token. */
export interface Revocation {
  how: 'logout' | 'others';
  /** When the response to the end arrived. */
  answeredAt: number;
  /** When the last request was sent that got 200. */
  lastAcceptedAt?: number;
  asked: number;
}

/** A fault applied to the servers. */
export interface Fault {
  kind: 'kill' | 'stall' | 'partition' | 'clock_step' | 'restart' | 'terminate' | 'slow_disk' | 'failover';
  at: number;
  /** When it was over. */
  until: number;
  /** The instance; undefined for the database. */
  instance?: number;
}

/** The record of a run. */
export class History {
  readonly sessions: SessionHistory[] = [];
  readonly revocations: Revocation[] = [];
  readonly faults: Fault[] = [];
  readonly herds: Herd[] = [];
  readonly crashes: { browser: string; at: number }[] = [];
  /** Requests that may have opened a session, and those that certainly did. */
  readonly signIns = { sent: 0, answered: 0 };
  private readonly numbers = new Map<string, Token>();
  private readonly bytes: string[] = [];
  private readonly beganAt = performance.now();

  now(): number {
    return performance.now() - this.beganAt;
  }

  tokenOf(bytes: string): Token {
    let number = this.numbers.get(bytes);
    if (number === undefined) {
      number = this.bytes.push(bytes) - 1;
      this.numbers.set(bytes, number);
    }
    return number;
  }

  bytesOf(token: Token): string {
    return this.bytes[token] ?? '';
  }

  open(browser: string, firstToken: string): SessionHistory {
    const session = { browser, openedAt: this.now(), first: this.tokenOf(firstToken), exchanges: [] };
    this.sessions.push(session);
    return session;
  }
}

/** When each token of a session was first seen in a response. */
export function firstSeen(session: SessionHistory): Map<Token, number> {
  const seen = new Map([[session.first, session.openedAt]]);
  for (const { issued, answeredAt } of session.exchanges) {
    if (issued === undefined || answeredAt === undefined) continue;
    seen.set(issued, Math.min(seen.get(issued) ?? Infinity, answeredAt));
  }
  return seen;
}
