/** The origin of a task. */
export interface Origin {
  /** Keys from wide to narrow. Tasks with different keys take turns on each level. */
  keys: readonly string[];
  /** False once nobody waits for the result. */
  isWanted(): boolean;
}

/** Is told what happens to tasks that had to wait. */
interface Observer {
  /** **Unit** milliseconds. */
  waited(took: number): void;
  refused(): void;
}

interface Bounds {
  /** The number of concurrent tasks. */
  atOnce: number;
  /** The maximum number of waiting tasks. */
  longest: number;
  /** The maximum waiting time. **Unit** milliseconds. */
  longestWait: number;
}

interface Waiting {
  origin: Origin;
  begin(): void;
  refuse(): void;
}

/** The queue was full, or the task waited too long. */
export class Refused extends Error {
  constructor() {
    super('the queue is full');
    this.name = 'Refused';
  }
}

/**
 * A bounded queue in which keys take turns, so that a burst of one key only delays itself; many keys below a common key
 * count as one burst.
 *
 * When the queue is full, the newest task of the longest line is dropped, so a task of a short line always finds room.
 *
 * **Source** McKenney, Stochastic Fairness Queueing (INFOCOM 1990), with a line for each key; Bennett and Zhang,
 * Hierarchical Packet Fair Queueing Algorithms (SIGCOMM 1996).
 */
export class FairQueue {
  private readonly lines = new Lines();
  private running = 0;

  constructor(
    private readonly bounds: Bounds,
    private readonly observer?: Observer,
  ) {}

  /** The number of tasks that wait, and of those in progress. */
  get load(): { waiting: number; running: number } {
    return { waiting: this.lines.size, running: this.running };
  }

  /** Runs the task when its turn comes. @throws {Refused} if the queue is full, or the wait is too long. */
  async add<Result>(origin: Origin, work: () => Promise<Result>): Promise<Result> {
    if (this.running < this.bounds.atOnce) this.running++;
    else await (this.observer ? this.observedTurn(origin, this.observer) : this.turn(origin));
    try {
      return await work();
    } finally {
      this.running--;
      this.next();
    }
  }

  private async observedTurn(origin: Origin, observer: Observer): Promise<void> {
    const began = performance.now();
    try {
      await this.turn(origin);
      observer.waited(performance.now() - began);
    } catch (error) {
      observer.refused();
      throw error;
    }
  }

  /** Waits for a turn, which includes a slot among the running tasks. */
  private turn(origin: Origin): Promise<void> {
    return new Promise((begin, refuse) => {
      const timer = setTimeout(() => {
        this.leave(waiting);
        waiting.refuse();
      }, this.bounds.longestWait).unref();
      const waiting: Waiting = {
        origin,
        begin() {
          clearTimeout(timer);
          begin();
        },
        refuse() {
          clearTimeout(timer);
          refuse(new Refused());
        },
      };
      this.join(waiting);
    });
  }

  private join(waiting: Waiting): void {
    this.lines.add(waiting);
    if (this.lines.size > this.bounds.longest) this.lines.takeNewestOfLongest()?.refuse();
  }

  private leave(waiting: Waiting): void {
    this.lines.remove(waiting);
  }

  private next(): void {
    while (this.running < this.bounds.atOnce) {
      const waiting = this.lines.takeFirst();
      if (!waiting) return;
      if (!waiting.origin.isWanted()) {
        waiting.refuse();
        continue;
      }
      this.running++;
      waiting.begin();
    }
  }
}

/** The waiting tasks: nested lines, one level per key, each in the order of turns. */
class Lines {
  size = 0;
  private readonly byKey = new Map<string, Lines>();
  private readonly own: Waiting[] = [];

  add(waiting: Waiting, depth = 0): void {
    this.size++;
    const key = waiting.origin.keys[depth];
    if (key === undefined) {
      this.own.push(waiting);
      return;
    }
    let line = this.byKey.get(key);
    if (!line) this.byKey.set(key, (line = new Lines()));
    line.add(waiting, depth + 1);
  }

  /** @returns whether it was found. */
  remove(waiting: Waiting, depth = 0): boolean {
    const key = waiting.origin.keys[depth];
    const line = key === undefined ? undefined : this.byKey.get(key);
    const at = key === undefined ? this.own.lastIndexOf(waiting) : -1;
    if (at >= 0) this.own.splice(at, 1);
    const wasThere = at >= 0 || line?.remove(waiting, depth + 1) === true;
    if (wasThere) this.size--;
    if (key !== undefined && line?.size === 0) this.byKey.delete(key);
    return wasThere;
  }

  /** Takes from the line whose turn it is, which then moves to the end. */
  takeFirst(): Waiting | undefined {
    for (const [key, line] of this.byKey) {
      this.byKey.delete(key);
      const first = line.takeFirst();
      if (line.size > 0) this.byKey.set(key, line);
      if (first) this.size--;
      return first;
    }
    const first = this.own.shift();
    if (first) this.size--;
    return first;
  }

  takeNewestOfLongest(): Waiting | undefined {
    let longest: [string, Lines] | undefined;
    for (const entry of this.byKey) if (entry[1].size > (longest?.[1].size ?? 0)) longest = entry;
    const newest = longest ? longest[1].takeNewestOfLongest() : this.own.pop();
    if (newest) this.size--;
    if (longest?.[1].size === 0) this.byKey.delete(longest[0]);
    return newest;
  }
}
