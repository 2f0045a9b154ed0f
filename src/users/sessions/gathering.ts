import { resuming } from '../../tracing.js';

/** How to carry out what was gathered. */
interface Acts<Item, Result> {
  alone(item: Item): Promise<Result>;
  /** One result for each item, in their order. */
  together(items: readonly Item[]): Promise<(Result | Promise<Result>)[]>;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result | Promise<Result>) => void;
  reject: (error: unknown) => void;
  /** Runs an act as a part of the request that waits. */
  resume: (act: () => void) => void;
}

/** How many acts run at once, and how many items one carries out. */
interface Limits {
  acts: number;
  items: number;
}

/** From how many items on together takes less than one by one. */
const LEAST = 3;

/**
 * Carries out together what arrives within one turn of the event loop, or while as many acts as allowed are under way.
 * Nothing waits for more to come.
 */
export class Gathering<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private isTurnOpen = false;

  constructor(
    private readonly acts: Acts<Item, Result>,
    private readonly limits: Limits,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject, resume: resuming() });
      if (this.isTurnOpen) return;
      this.isTurnOpen = true;
      setImmediate(() => {
        this.isTurnOpen = false;
        this.begin();
      });
    });
  }

  private begin(): void {
    while (this.waiting.length > 0 && this.underWay < this.limits.acts) {
      const items = this.waiting.splice(0, this.limits.items);
      if (items.length >= LEAST) items[0]?.resume(() => void this.together(items));
      else for (const one of items) one.resume(() => void this.alone(one));
    }
  }

  private async alone({ item, resolve, reject }: Waiting<Item, Result>): Promise<void> {
    this.underWay++;
    await this.acts.alone(item).then(resolve, reject);
    this.end();
  }

  private async together(all: readonly Waiting<Item, Result>[]): Promise<void> {
    this.underWay++;
    try {
      const results = await this.acts.together(all.map(({ item }) => item));
      for (const [i, { resolve }] of all.entries()) resolve(results[i] as Result);
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
    this.end();
  }

  private end(): void {
    this.underWay--;
    this.begin();
  }
}
