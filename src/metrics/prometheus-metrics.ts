import { collectDefaultMetrics, type Counter, Gauge, type Histogram, Registry } from 'prom-client';
import { type GaugeName, MEASURES, Metrics } from '../measures.js';
import { CounterTallies, HistogramTallies } from './tallies.js';

/** Metrics for Prometheus. */
export class PrometheusMetrics extends Metrics {
  readonly isOn = true;
  private readonly gauges = new Map<string, () => unknown>();
  private readonly counters = new Map<string, CounterTallies>();
  private readonly histograms = new Map<string, HistogramTallies>();

  /** @param registry of a host that has metrics of its own. */
  constructor(readonly registry = new Registry()) {
    super();
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (measure.kind === 'counter')
        this.counters.set(name, this.register(new CounterTallies(name, measure)));
      else if (measure.kind === 'histogram')
        this.histograms.set(name, this.register(new HistogramTallies(name, measure)));
      else this.addGauge(name, measure.help, measure.over);
    }
  }

  /** Also measures the process: event loop, garbage collection, memory, processor. */
  watchProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  add(name: string, amount: number, ...labels: string[]): void {
    known(this.counters.get(name), name).add(amount, labels);
  }

  observe(name: string, value: number, ...labels: string[]): void {
    known(this.histograms.get(name), name).observe(value, labels);
  }

  watch(name: GaugeName, read: () => unknown): void {
    this.gauges.set(name, read);
  }

  /** What Prometheus reads. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** The registry asks for a name and `get()`; its type names only the classes of prom-client. */
  private register<Tallies extends CounterTallies | HistogramTallies>(tallies: Tallies): Tallies {
    this.registry.registerMetric(tallies as unknown as Counter | Histogram);
    return tallies;
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

function known<Tallies>(tallies: Tallies | undefined, name: string): Tallies {
  if (!tallies) throw new TypeError(`${name} is not in the table of measures`);
  return tallies;
}
