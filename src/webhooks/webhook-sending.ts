import { setTimeout as wait } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EVENT_QUERIES, type EventQueries } from '../audit/audit-chain.js';
import { addSeconds, Clock } from '../clock.js';
import { isUnavailable } from '../database/unavailable.js';
import { Metrics } from '../measures.js';
import { HostEvents } from './host-events.js';
import { signedHeaders } from './standard-webhooks.js';
import { WebhookFanOut } from './webhook-fan-out.js';
import { WebhookLanes } from './webhook-lanes.js';
import { LONGEST_ATTEMPT_MS, post, type WebhookResponse } from './webhook-request.js';
import { delayAfter } from './webhook-schedule.js';
import { WebhookKeys } from './webhook-secrets.js';
import * as sql from './webhook-statements.js';
import { RefusedUrl, WebhookUrls } from './webhook-url.js';

/** How often an instance looks for deliveries of others, and for retries. **Unit** milliseconds. */
const POLL_EVERY_MS = 1000;
/** An instance makes an attempt and records its outcome within this time. **Unit** seconds. */
const LEASE = LONGEST_ATTEMPT_MS / 1000 + 15;
/** How long a shutdown waits for attempts, so that they are not made twice. **Unit** milliseconds. */
const SHUTDOWN_WAIT_MS = 1000;

/** The result of an attempt. */
interface Attempt {
  status: number | null;
  retryAfter: number | null;
  /** Undefined if it succeeded. */
  why: string | undefined;
}

/**
 * Tells endpoints what the audit trail records, at least once each, with a limited number of attempts.
 *
 * Deliveries are made of sealed batches, which no event is left out of. An attempt is claimed and counted before the
 * endpoint is called, and no transaction is open meanwhile. What a killed instance was sending is sent by another one
 * when its claim ends.
 */
@Injectable()
export class WebhookSending implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Tokenjar');
  private readonly lanes = new WebhookLanes();
  private readonly stop = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private isWanted = false;
  private isStopping = false;

  constructor(
    @Inject(EVENT_QUERIES) private readonly queries: EventQueries,
    private readonly clock: Clock,
    private readonly keys: WebhookKeys,
    private readonly urls: WebhookUrls,
    private readonly fanOut: WebhookFanOut,
    private readonly host: HostEvents,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.metrics.watch('tokenjar_webhook_age_seconds', () => this.ageOfOldest());
    this.fanOut.whenDue(() => void this.startDue());
    this.timer = setInterval(() => void this.startDue(), POLL_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.starting;
    const all = Promise.all(this.inFlight);
    await Promise.race([all, wait(SHUTDOWN_WAIT_MS, undefined, { ref: false })]);
    this.stop.abort();
    await all;
  }

  /** Sends everything that is due, and returns when no attempt is in progress. */
  async run(): Promise<void> {
    await this.startDue();
    while (this.inFlight.size > 0) {
      await Promise.race(this.inFlight);
      await this.startDue();
    }
  }

  /** Starts what is due, as far as there is room. If called again meanwhile, it looks once more. */
  private async startDue(): Promise<void> {
    this.isWanted = true;
    this.starting ??= this.startWanted();
    await this.starting;
  }

  private async startWanted(): Promise<void> {
    try {
      while (this.isWanted && !this.isStopping) {
        this.isWanted = false;
        await this.fanOut.run();
        while (!this.isStopping && (await this.startNext()));
      }
    } catch (error) {
      if (!isUnavailable(error)) this.logger.error(`Webhooks cannot be sent: ${String(error)}`);
    } finally {
      this.starting = undefined;
    }
  }

  /** **Unit** seconds. */
  private async ageOfOldest(): Promise<number> {
    const since = (await this.queries.run(sql.OLDEST, []))[0]?.since;
    return since ? Math.max(0, (this.clock.now().getTime() - since.getTime()) / 1000) : 0;
  }

  /** @returns whether anything was found. */
  private async startNext(): Promise<boolean> {
    const { room, full } = this.lanes.openings(this.clock.machine());
    if (room <= 0) return false;
    const now = this.clock.now();
    const claimed = await this.queries.run(sql.CLAIM, [
      now,
      addSeconds(now, LEASE),
      [...full, ...this.host.notOurs],
      room,
    ]);
    for (const delivery of claimed) {
      const attempt = this.handle(delivery).finally(() => {
        this.inFlight.delete(attempt);
        void this.startDue();
      });
      this.inFlight.add(attempt);
    }
    return claimed.length > 0;
  }

  private async handle(delivery: sql.ClaimedDelivery): Promise<void> {
    this.lanes.begin(delivery.id, delivery.endpoint_id, this.clock.machine());
    const attempt = await this.attempt(delivery);
    this.lanes.end(delivery.id, attempt.why === undefined, this.clock.machine());
    try {
      await this.settle(delivery, attempt);
    } catch (error) {
      // The claim ends, and the attempt stays counted.
      if (!isUnavailable(error))
        this.logger.error(`The outcome of delivery ${delivery.id} could not be recorded: ${String(error)}`);
    }
  }

  private async attempt(delivery: sql.ClaimedDelivery): Promise<Attempt> {
    const { id, endpoint_id, url, sealed_secret, payload } = delivery;
    if (endpoint_id === sql.HOST_ENDPOINT) return this.tellHost(delivery);
    const opened = this.keys.open(endpoint_id, sealed_secret);
    if (!opened)
      return { status: null, retryAfter: null, why: 'the secret was sealed with another SECRET_KEY' };
    try {
      const headers = signedHeaders(opened.secret, `msg_${id}`, this.clock.now(), payload);
      return outcomeOf(await post(url, headers, payload, this.urls, this.stop.signal));
    } catch (error) {
      return { status: null, retryAfter: null, why: describe(error) };
    }
  }

  private async tellHost({ id, payload }: sql.ClaimedDelivery): Promise<Attempt> {
    const attempt = { status: null, retryAfter: null };
    try {
      await this.host.tell(`msg_${id}`, payload);
      return { ...attempt, why: undefined };
    } catch (error) {
      return { ...attempt, why: describe(error) };
    }
  }

  private async settle(delivery: sql.ClaimedDelivery, { status, retryAfter, why }: Attempt): Promise<void> {
    const { id, endpoint_id, attempts, attempts_before_replay } = delivery;
    const now = this.clock.now();
    const count = (outcome: string) => this.metrics.add('tokenjar_webhook_attempts_total', 1, outcome);
    if (why === undefined) {
      count('delivered');
      await this.queries.run(sql.DELIVERED, [id, attempts, now, status ?? 0]);
      return;
    }
    if (this.stop.signal.aborted && status === null) {
      count('released');
      await this.queries.run(sql.RELEASE, [id, attempts, now]);
      return;
    }
    const delay = delayAfter(attempts - attempts_before_replay, retryAfter, Math.random());
    if (delay === undefined || status === 410) {
      count('given_up');
      this.logger.warn(`Delivery ${id} to webhook ${endpoint_id} was given up: ${why}`);
      await this.queries.run(sql.GIVE_UP, [id, attempts, now, status, why]);
    } else {
      count('postponed');
      await this.queries.run(sql.POSTPONE, [id, attempts, addSeconds(now, delay), status, why]);
    }
    if (status === 410) await this.queries.run(sql.DISABLE, [endpoint_id, now]);
  }
}

/** Only 2xx is a success: a redirect is not followed, and 410 means that the endpoint wants no more. */
const outcomeOf = ({ status, retryAfter }: WebhookResponse): Attempt => ({
  status,
  retryAfter,
  why: status >= 200 && status < 300 ? undefined : `the endpoint answered ${status}`,
});

/** In a few words, for the log that administrators see. */
function describe(error: unknown): string {
  if (error instanceof RefusedUrl) return `the URL ${error.message}`;
  const {
    name = '',
    code,
    message = '',
  } = (error ?? {}) as { name?: string; code?: unknown; message?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'no response in time';
  return (typeof code === 'string' ? code : (message.split('\n', 1)[0] ?? '')).slice(0, 200) || 'failed';
}
