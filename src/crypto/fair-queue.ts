/** Where a piece of work comes from. */
export interface Origin {
  /** Those of one key take turns with those of another. */
  key: string;
  /** False once nobody waits for the result. */
  isWanted(): boolean;
}

interface Bounds {
  /** How much is done at the same time. */
  atOnce: number;
  /** How much may wait. */
  longest: number;
  /** How long a piece may wait. **Unit** milliseconds. */
  longestWait: number;
}

interface Waiting {
  origin: Origin;
  begin(): void;
  refuse(): void;
}

/** There was no room, or no time, for a piece of work. */
export class Refused extends Error {
  constructor() {
    super('the queue is full');
    this.name = 'Refused';
  }
}

/**
 * A bounded queue in which the keys take turns, so that a crowd of one key holds up nobody but itself.
 *
 * When it is full, the newest of the longest line goes: a newcomer of a short line always finds room.
 *
 * **Source** McKenney, Stochastic Fairness Queueing (INFOCOM 1990), with a line for each key.
 */
export class FairQueue {
  /** In the order of their turns. */
  private readonly lines = new Map<string, Waiting[]>();
  private running = 0;
  private waiting = 0;

  constructor(private readonly bounds: Bounds) {}

  /** Does the work when its turn comes. @throws {Refused} when there is no room, or the wait gets too long. */
  async add<Result>(origin: Origin, work: () => Promise<Result>): Promise<Result> {
    if (this.running < this.bounds.atOnce) this.running++;
    else await this.turn(origin);
    try {
      return await work();
    } finally {
      this.running--;
      this.next();
    }
  }

  /** Waits for a turn, which comes with a place among those running. */
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
    const line = this.lines.get(waiting.origin.key) ?? [];
    line.push(waiting);
    this.lines.set(waiting.origin.key, line);
    this.waiting++;
    if (this.waiting <= this.bounds.longest) return;
    const newest = this.longestLine().at(-1);
    if (!newest) return;
    this.leave(newest);
    newest.refuse();
  }

  private leave(waiting: Waiting): void {
    const { key } = waiting.origin;
    const line = this.lines.get(key);
    const at = line?.lastIndexOf(waiting) ?? -1;
    if (!line || at === -1) return;
    line.splice(at, 1);
    if (line.length === 0) this.lines.delete(key);
    this.waiting--;
  }

  private next(): void {
    while (this.running < this.bounds.atOnce) {
      const waiting = this.takeFirst();
      if (!waiting) return;
      if (!waiting.origin.isWanted()) {
        waiting.refuse();
        continue;
      }
      this.running++;
      waiting.begin();
    }
  }

  /** Of the line whose turn it is, which then goes behind the others. */
  private takeFirst(): Waiting | undefined {
    for (const [key, line] of this.lines) {
      this.lines.delete(key);
      const first = line.shift();
      if (line.length > 0) this.lines.set(key, line);
      if (first) this.waiting--;
      return first;
    }
    return undefined;
  }

  private longestLine(): Waiting[] {
    let longest: Waiting[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    return longest;
  }
}
