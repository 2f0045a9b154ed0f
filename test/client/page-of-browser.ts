/** What a page's browser has of an address, a history and events, for code that runs outside of one. */
export class PageOfBrowser {
  /** Where the page went. */
  readonly assigned: string[] = [];
  private readonly target = new EventTarget();
  private readonly before: [string, PropertyDescriptor | undefined][] = [];
  private url: URL;

  constructor(address: string) {
    this.url = new URL(address);
    const { target } = this;
    const at = () => this.url;
    const assign = (next: string) => {
      this.assigned.push(next);
      target.dispatchEvent(new Event('left'));
    };
    this.put('location', {
      get href() {
        return at().href;
      },
      get hash() {
        return at().hash;
      },
      get pathname() {
        return at().pathname;
      },
      get search() {
        return at().search;
      },
      assign,
    });
    this.put('history', {
      state: null,
      replaceState: (_: unknown, __: string, next: string) => this.go(next),
    });
    this.put('addEventListener', target.addEventListener.bind(target));
  }

  get address(): string {
    return this.url.href;
  }

  go(address: string): void {
    this.url = new URL(address, this.url);
  }

  /** Resolves once the page has gone elsewhere so many times. */
  async left(times = 1): Promise<void> {
    while (this.assigned.length < times)
      await new Promise((done) => this.target.addEventListener('left', done, { once: true }));
  }

  /** The browser shows the page, such as by its back button. */
  show(): void {
    this.target.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }));
  }

  /** The machine has a connection again. */
  online(): void {
    this.target.dispatchEvent(new Event('online'));
  }

  /** Takes all of it back. */
  close(): void {
    for (const [name, descriptor] of this.before)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
  }

  private put(name: string, value: unknown): void {
    this.before.push([name, Object.getOwnPropertyDescriptor(globalThis, name)]);
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}
