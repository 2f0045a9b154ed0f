import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type GaugeName, MEASURES, Metrics } from '../measures.js';

/** The part of a counter or histogram that has its labels. */
type Child = Readonly<{ inc(amount: number): void }> | Readonly<{ observe(value: number): void }>;

/** Metrics for Prometheus. */
export class PrometheusMetrics extends Metrics {
  readonly isOn = true;
  private readonly gauges = new Map<string, () => unknown>();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();
  /** By labels, so that a request does not check them anew. */
  private readonly children = new Map<string, Child>();

  /** @param registry of a host that has metrics of its own. */
  constructor(readonly registry = new Registry()) {
    super();
    const registers = [registry];
    for (const [name, { kind, help, labels, over, buckets }] of Object.entries(MEASURES)) {
      const labelNames = [...labels];
      if (kind === 'counter') this.counters.set(name, new Counter({ name, help, labelNames, registers }));
      else if (kind === 'histogram')
        this.histograms.set(
          name,
          new Histogram({ name, help, labelNames, buckets: [...buckets], registers }),
        );
      else this.addGauge(name, help, over);
    }
  }

  /** Also measures the process: event loop, garbage collection, memory, processor. */
  watchProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  add(name: string, amount: number, ...labels: string[]): void {
    const child = this.childOf(name, labels, this.counters);
    if ('inc' in child) child.inc(amount);
  }

  observe(name: string, value: number, ...labels: string[]): void {
    const child = this.childOf(name, labels, this.histograms);
    if ('observe' in child) child.observe(value);
  }

  watch(name: GaugeName, read: () => unknown): void {
    this.gauges.set(name, read);
  }

  /** What Prometheus reads. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private childOf(
    name: string,
    labels: string[],
    family: ReadonlyMap<string, { labels(...values: string[]): Child }>,
  ): Child {
    const key = labels.length === 0 ? name : `${name} ${labels.join(' ')}`;
    let child = this.children.get(key);
    if (!child) {
      const parent = family.get(name);
      if (!parent) throw new TypeError(`${name} is not in the table of measures`);
      child = labels.length === 0 ? (parent as unknown as Child) : parent.labels(...labels);
      this.children.set(key, child);
    }
    return child;
  }

  private addGauge(name: string, help: string, aggregator: 'sum' | 'max'): void {
    const read = async (): Promise<number | undefined> => {
      try {
        return (await this.gauges.get(name)?.()) as number | undefined;
      } catch {
        // Such as while the database is away: an old value would be a lie.
        return undefined;
      }
    };
    new Gauge({
      name,
      help,
      aggregator,
      registers: [this.registry],
      async collect() {
        const value = await read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
