import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client';

/** What a process has measured. */
type Snapshot = MetricObject[];

/** How long the first process waits for the others. **Unit** milliseconds. */
const PATIENCE_MS = 1000;

interface Question {
  tokenjar: 'metrics?';
  id: number;
}
interface Answer {
  tokenjar: 'metrics';
  id: number;
  snapshot: Snapshot;
}

/** Answers the first process of `WEB_CONCURRENCY`, in one of the others. */
export function answerWith(registry: Registry): void {
  process.on('message', (message: Partial<Question> | undefined) => {
    if (message?.tokenjar !== 'metrics?') return;
    registry.getMetricsAsJSON().then(
      (snapshot) => process.send?.({ tokenjar: 'metrics', id: message.id, snapshot }),
      () => undefined,
    );
  });
}

/**
 * Adds up the metrics of the processes of `WEB_CONCURRENCY`, in the first one.
 *
 * What a process had counted when it died stays in the sum: a counter that falls would look like a restart, and all that
 * the others have counted like new. A process that is too busy to answer counts with what it said last.
 */
export class WorkerMetrics {
  private readonly latest = new Map<number, Snapshot>();
  private gone: Snapshot[] = [];
  private asked = 0;

  constructor() {
    cluster.on('exit', ({ id }) => {
      const last = this.latest.get(id)?.filter(isCounted);
      this.latest.delete(id);
      // In one piece, so that those that die often take no more memory.
      if (last) this.gone = [...this.gone, last];
    });
  }

  async text(): Promise<string> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected() === true);
    await this.ask(workers.filter((worker) => worker !== undefined));
    if (this.gone.length > 1) this.gone = [await AggregatorRegistry.aggregate(this.gone).getMetricsAsJSON()];
    return AggregatorRegistry.aggregate([...this.latest.values(), ...this.gone]).metrics();
  }

  /** Resolves when all have answered, or after a while. */
  private ask(workers: Worker[]): Promise<void> {
    const id = ++this.asked;
    const missing = new Set(workers.map((worker) => worker.id));
    if (missing.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        cluster.off('message', hear);
        resolve();
      };
      const hear = (worker: Worker, message: Partial<Answer> | undefined) => {
        if (message?.tokenjar !== 'metrics' || message.id !== id || !message.snapshot) return;
        this.latest.set(worker.id, message.snapshot);
        if (missing.delete(worker.id) && missing.size === 0) end();
      };
      const timer = setTimeout(end, PATIENCE_MS);
      cluster.on('message', hear);
      for (const worker of workers) worker.send({ tokenjar: 'metrics?', id } satisfies Question);
    });
  }
}

/** Only what is counted goes on after its process. */
const isCounted = ({ type }: MetricObject): boolean => ['counter', 'histogram'].includes(String(type));
