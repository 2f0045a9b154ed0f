/**
 * What happened, as the checker sees it: for every session, who showed which token when, and what came back.
 *
 * Moments are milliseconds since the run began, on the clock of this process alone. A token is known by its bytes, never
 * by what stands in it, so the checker judges any server, and not by the server's own reasoning.
 */

/** Number of a token's bytes within a run. */
export type Token = number;

/** One request as it went to a server; a doubled request makes two. */
export interface Exchange {
  asked: 'refresh' | 'verify';
  holder: 'owner' | 'thief' | 'checker';
  /** Who it was, for the report: `b12.0` is the first tab of browser 12. */
  by: string;
  token: Token;
  sentAt: number;
  /** Missing where no answer came: the server died, or the client hung up. */
  answeredAt?: number;
  status?: number;
  code?: string;
  /** The token that the answer set, if any. */
  issued?: Token;
  /** Whether the answer reached the client in time. */
  isDelivered?: boolean;
}

export interface Theft {
  at: number;
  style: string;
  /** **Unit** milliseconds until the first use. */
  delay: number;
}

export interface SessionHistory {
  browser: string;
  openedAt: number;
  /** The token that the sign-in gave. */
  first: Token;
  theft?: Theft;
  exchanges: Exchange[];
}

/** A session that its user ended, and for how long another instance took its access token. */
export interface Revocation {
  how: 'logout' | 'others';
  /** When the answer to the end arrived. */
  answeredAt: number;
  /** When the last request was sent that was answered with 200. */
  lastAcceptedAt?: number;
  asked: number;
}

/** Something done to the servers. */
export interface Fault {
  kind: 'kill' | 'stall' | 'restart' | 'terminate';
  at: number;
  /** When all was well again. */
  until: number;
  /** Which instance; none for the database. */
  instance?: number;
}

/** The record of a run. */
export class History {
  readonly sessions: SessionHistory[] = [];
  readonly revocations: Revocation[] = [];
  readonly faults: Fault[] = [];
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

/** When each token of a session was first seen in an answer. */
export function firstSeen(session: SessionHistory): Map<Token, number> {
  const seen = new Map([[session.first, session.openedAt]]);
  for (const { issued, answeredAt } of session.exchanges) {
    if (issued === undefined || answeredAt === undefined) continue;
    seen.set(issued, Math.min(seen.get(issued) ?? Infinity, answeredAt));
  }
  return seen;
}
