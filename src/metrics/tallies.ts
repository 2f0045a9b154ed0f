import type { MEASURES } from '../measures.js';

type Measure = (typeof MEASURES)[keyof typeof MEASURES];

/** What Prometheus is told of one series. */
interface Sample {
  /** Undefined where it is the name of the measure. */
  metricName?: string;
  labels: Record<string, string | number>;
  value: number;
}

/** The series of one measure, by the values of its labels: a tree, so that a request puts no key together. */
class Branch<Tally> {
  private readonly branches = new Map<string, Branch<Tally>>();
  tally: Tally | undefined;

  at(label: string): Branch<Tally> {
    let branch = this.branches.get(label);
    if (!branch) this.branches.set(label, (branch = new Branch()));
    return branch;
  }

  *tallies(labels: readonly string[] = []): Generator<[readonly string[], Tally]> {
    if (this.tally !== undefined) yield [labels, this.tally];
    for (const [label, branch] of this.branches) yield* branch.tallies([...labels, label]);
  }
}

/**
 * A measure that is counted in plain numbers, and put into words when somebody looks. prom-client's own counters check
 * and hash the labels at each addition, which every request would pay for.
 */
abstract class Tallies<Tally> {
  readonly type: Measure['kind'];
  readonly help: string;
  readonly aggregator: Measure['over'];
  private readonly labels: readonly string[];
  private root = new Branch<Tally>();

  constructor(
    readonly name: string,
    { kind, help, over, labels }: Measure,
  ) {
    this.type = kind;
    this.help = help;
    this.aggregator = over;
    this.labels = labels;
  }

  protected abstract create(): Tally;
  protected abstract samplesOf(tally: Tally, labels: Record<string, string>): Sample[];

  protected tallyOf(values: readonly string[]): Tally {
    let branch = this.root;
    for (const value of values) branch = branch.at(value);
    return (branch.tally ??= this.create());
  }

  /** As the registry of prom-client asks for it. */
  get() {
    // One without labels is there from the beginning, as 0.
    if (this.labels.length === 0) this.tallyOf([]);
    const { name, help, type, aggregator } = this;
    const values = [...this.root.tallies()].flatMap(([texts, tally]) =>
      this.samplesOf(tally, Object.fromEntries(texts.map((text, i) => [this.labels[i] ?? '', text]))),
    );
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.root = new Branch();
  }
}

export class CounterTallies extends Tallies<{ value: number }> {
  add(amount: number, labels: readonly string[]): void {
    this.tallyOf(labels).value += amount;
  }

  protected override create() {
    return { value: 0 };
  }

  protected override samplesOf({ value }: { value: number }, labels: Record<string, string>): Sample[] {
    return [{ labels, value }];
  }
}

interface Spread {
  /** How many fell into each bucket and into none below it; the last are those above all. */
  counts: number[];
  sum: number;
}

export class HistogramTallies extends Tallies<Spread> {
  private readonly buckets: readonly number[];

  constructor(name: string, measure: Measure) {
    super(name, measure);
    this.buckets = measure.buckets;
  }

  observe(value: number, labels: readonly string[]): void {
    const tally = this.tallyOf(labels);
    const { buckets } = this;
    let at = 0;
    while (at < buckets.length && value > (buckets[at] ?? 0)) at++;
    tally.counts[at] = (tally.counts[at] ?? 0) + 1;
    tally.sum += value;
  }

  protected override create(): Spread {
    return { counts: new Array<number>(this.buckets.length + 1).fill(0), sum: 0 };
  }

  protected override samplesOf({ counts, sum }: Spread, labels: Record<string, string>): Sample[] {
    const { name } = this;
    let count = 0;
    const buckets = counts.map((each, i) => {
      count += each;
      return {
        metricName: `${name}_bucket`,
        labels: { le: this.buckets[i] ?? '+Inf', ...labels },
        value: count,
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
