/** What is measured. Labels take few values, all of them ours: never a text of a request. */
interface Measure {
  kind: 'counter' | 'gauge' | 'histogram';
  /** For the reference and the metrics themselves. */
  help: string;
  labels: readonly string[];
  /** How the values of several processes are put together. Counters and histograms are added up. */
  over: 'sum' | 'max';
  /** Of a histogram. **Unit** seconds. */
  buckets: readonly number[];
}

const counter = <const Labels extends readonly string[]>(help: string, ...labels: Labels) =>
  ({ kind: 'counter', help, labels, over: 'sum', buckets: [] }) as const satisfies Measure;
const gauge = (help: string, over: Measure['over']) =>
  ({ kind: 'gauge', help, labels: [], over, buckets: [] }) as const satisfies Measure;
const histogram = <const Labels extends readonly string[]>(help: string, ...labels: Labels) =>
  ({
    kind: 'histogram',
    help,
    labels,
    over: 'sum',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }) as const satisfies Measure;

/** All metrics. `docs/metrics.md` is generated from it. */
export const MEASURES = {
  tokenjar_requests_total: counter(
    'Requests by operation (its name in the OpenAPI document; other for pages and routes of a host, none where no route was reached) and status',
    'operation',
    'status',
  ),
  tokenjar_request_duration_seconds: histogram('Time from a request to its response', 'operation'),
  tokenjar_logins_total: counter(
    'Sign-ins by method and outcome: success, what is still needed, or the error code',
    'method',
    'outcome',
  ),
  tokenjar_refreshes_total: counter(
    'Refresh tokens that were good or had been, by verdict (decision 1): keep, rotate, repeat, wait, reissue, adopt, expired, reuse; ended and inactive for those of sessions and users that are gone; unproven for those of bound sessions without a proof of the device',
    'verdict',
  ),
  tokenjar_device_bindings_total: counter(
    'Sessions that may be bound to a device, with DEVICE_BOUND_SESSIONS: offered (by every answer over https that opens a session), bound, refused; released, while it is off. What was offered and not bound is a session of a client that cannot',
    'outcome',
  ),
  tokenjar_hash_wait_seconds: histogram('Time that password hashes waited for a thread'),
  tokenjar_hashes_waiting: gauge('Password hashes that wait for a thread', 'sum'),
  tokenjar_hashes_running: gauge('Password hashes that are being computed', 'sum'),
  tokenjar_hashes_refused_total: counter('Password hashes that waited too long or found the queue full'),
  tokenjar_feed_age_seconds: gauge(
    'Age of what is known of revocations by other instances; above 0.9, requests wait for a read. 0 with the embedded database',
    'max',
  ),
  tokenjar_blacklist_entries: gauge('Revocations in memory', 'max'),
  tokenjar_outbox_emails: gauge('Emails that have not been sent yet', 'max'),
  tokenjar_outbox_age_seconds: gauge('Age of the oldest email that has not been sent yet', 'max'),
  tokenjar_emails_total: counter(
    'Attempts to send an email by kind and outcome: sent, not_needed, postponed, released at a shutdown, given_up',
    'kind',
    'outcome',
  ),
  tokenjar_webhook_attempts_total: counter(
    'Attempts to deliver a webhook by outcome: delivered, postponed, released at a shutdown, given_up',
    'outcome',
  ),
  tokenjar_webhook_age_seconds: gauge('Age of the oldest webhook that has not been delivered yet', 'max'),
  tokenjar_database_connections: gauge('Connections of the pool', 'sum'),
  tokenjar_database_connections_idle: gauge('Connections of the pool that are not in use', 'sum'),
  tokenjar_database_waiting: gauge('Statements and transactions that wait for a connection', 'sum'),
  tokenjar_purged_rows_total: counter('Expired rows that were deleted, by what they were', 'what'),
  tokenjar_purge_timestamp_seconds: gauge(
    'When a purge ended, seconds since 1970; none before the first of this process',
    'max',
  ),
} as const satisfies Record<string, Measure>;

type MeasureName = keyof typeof MEASURES;
type NameOf<Kind extends Measure['kind']> = {
  [Name in MeasureName]: (typeof MEASURES)[Name]['kind'] extends Kind ? Name : never;
}[MeasureName];
type Strings<Labels extends readonly string[]> = { -readonly [I in keyof Labels]: string };
/** The values of the labels of one, in the order of the table: strings. */
export type LabelsOf<Name extends MeasureName> = Strings<(typeof MEASURES)[Name]['labels']>;

/** What only grows. */
export type CounterName = NameOf<'counter'>;
/** What goes up and down. */
export type GaugeName = NameOf<'gauge'>;
/** What is spread over values. */
export type HistogramName = NameOf<'histogram'>;

/** How the parts of Tokenjar report what they measure. A host may supply its own. */
export abstract class Metrics {
  /** Whether anybody listens; what costs something to find out is not reported otherwise. */
  abstract readonly isOn: boolean;

  /** Adds to a counter. @param labels values, in the order of the table. */
  abstract add<Name extends CounterName>(name: Name, amount: number, ...labels: LabelsOf<Name>): void;

  /** **Unit** of the value: seconds. */
  abstract observe<Name extends HistogramName>(name: Name, value: number, ...labels: LabelsOf<Name>): void;

  /** Shows a value. @param read called whenever somebody looks; there is no value where it returns undefined or fails. */
  abstract watch(name: GaugeName, read: () => number | undefined | Promise<number | undefined>): void;
}

class NoMetrics extends Metrics {
  readonly isOn = false;

  add(): void {
    // Nobody listens.
  }

  observe(): void {
    // Nobody listens.
  }

  watch(): void {
    // Nobody listens.
  }
}

export const NO_METRICS: Metrics = new NoMetrics();
