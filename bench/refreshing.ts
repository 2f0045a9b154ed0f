import { Agent, request } from 'node:http';
import { JwtService } from '@nestjs/jwt';
import type pg from 'pg';
import { deriveKey } from '../src/crypto/derive.js';
import { RefreshTokens } from '../src/tokens/refresh-token.js';
import { TokenUsers } from '../src/tokens/token-user.js';
import { SECRET_KEY } from './server.js';

interface OpenedRow {
  lookup_id: string;
  user_id: string;
  generation: number;
  rotated_at: Date;
  idle: Date;
  absolute: Date;
}

/**
 * Creates sessions as sign-ins would, with one user each, and their refresh tokens.
 *
 * @returns the tokens.
 */
export async function openSessions(db: pg.Client, count: number): Promise<string[]> {
  await db.query(
    `INSERT INTO tokenjar.users (email, created_at) SELECT 'u' || i || '@example.com', now() FROM generate_series(1, $1) i`,
    [count],
  );
  await db.query(
    `INSERT INTO tokenjar.sessions (id, lookup_id, user_id, generation, parent_generation, rotated_at, created_at,
       last_used_at, idle_expires_at, absolute_expires_at, user_agent, ip, auth_methods)
     SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000' || '8000' ||
         lpad(to_hex(id), 12, '0'))::uuid, gen_random_uuid(), id, 1, 0, now(), now(), now(), now() + interval '14 d',
       now() + interval '30 d', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.1',
       '{pwd}' FROM tokenjar.users`,
  );
  return tokensOf(db);
}

/** The current refresh tokens of sessions. @param which an ORDER BY and LIMIT. */
export async function tokensOf(db: pg.Client, which = ''): Promise<string[]> {
  const { rows } = await db.query<OpenedRow>(
    `SELECT lookup_id, user_id, generation, rotated_at, idle_expires_at AS idle, absolute_expires_at AS absolute
     FROM tokenjar.sessions ${which}`,
  );
  const tokens = new RefreshTokens(
    new JwtService({}),
    { key: deriveKey(SECRET_KEY, 'refresh token'), algorithm: 'HS256' },
    { leeway: 0, userIdClaim: 'sub', tokenFormat: 'standard' },
    new TokenUsers({ userId: 'integer', tokenFormat: 'standard' }, [deriveKey(SECRET_KEY, 'user reference')]),
  );
  const seconds = (moment: Date) => Math.floor(moment.getTime() / 1000);
  return rows.map((row) =>
    tokens.encode({
      userId: Number(row.user_id),
      lookupId: row.lookup_id.replaceAll('-', ''),
      generation: row.generation,
      issuedAt: seconds(row.rotated_at),
      expiresAt: Math.min(seconds(row.idle), seconds(row.absolute)),
    }),
  );
}

/** Refreshes the sessions of `cookies` in turn, each with its latest cookie. */
export class Refreshing {
  /** Of every refresh. **Unit** milliseconds. */
  readonly latencies: number[] = [];
  private readonly agent: Agent;
  private isStopped = false;

  constructor(
    private readonly url: URL,
    private readonly cookies: string[],
    private readonly clients: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: clients });
  }

  get done(): number {
    return this.latencies.length;
  }

  /** Runs until {@link stop}. @throws if a response is not 200 with a new cookie. */
  async run(afterEach: () => Promise<void> | void = () => undefined): Promise<void> {
    const client = async (own: number) => {
      for (let i = own; !this.isStopped; i = (i + this.clients) % this.cookies.length) {
        const began = performance.now();
        this.cookies[i] = await this.refresh(this.cookies[i] ?? '');
        this.latencies.push(performance.now() - began);
        await afterEach();
      }
    };
    await Promise.all(Array.from({ length: this.clients }, (_, own) => client(own)));
    this.agent.destroy();
  }

  stop(): void {
    this.isStopped = true;
  }

  private refresh(cookie: string): Promise<string> {
    const { hostname: host, port } = this.url;
    return new Promise((done, failed) => {
      const sent = request(
        { agent: this.agent, host, port, path: '/auth/token/refresh', method: 'POST' },
        (answer) => {
          const [line = ''] = answer.headers['set-cookie'] ?? [];
          const [, next] = /^refresh_token=([^;]+)/.exec(line) ?? [];
          answer.resume();
          answer.on('end', () =>
            answer.statusCode === 200 && next !== undefined && next !== cookie
              ? done(next)
              : failed(new Error(`a refresh answered ${answer.statusCode}`)),
          );
        },
      );
      sent.on('error', failed);
      sent.setHeader('Cookie', `refresh_token=${cookie}`);
      sent.end();
    });
  }
}

/** @param sorted ascending. */
export const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
