/** The routes of the server, to distinguish an unknown path from an unsupported method. */
export class RouteTable {
  private readonly routes: { methods: string[]; segments: string[] }[] = [];

  /** In the app of a host nobody fills it. */
  get isEmpty(): boolean {
    return this.routes.length === 0;
  }

  /** @param pattern in the router's notation, such as `/auth/sessions/:id`. */
  add(method: string | string[], pattern: string): void {
    this.routes.push({ methods: [method].flat(), segments: segmentsOf(pattern) });
  }

  /** The methods available at `url`; none if the path is unknown. */
  allowedAt(url: string): string[] {
    const segments = segmentsOf(url.split('?')[0] ?? '');
    const found = this.routes
      .filter((route) => matches(route.segments, segments))
      .flatMap(({ methods }) => methods);
    return [...new Set(found)].sort();
  }
}

const segmentsOf = (path: string): string[] => path.split('/').filter(Boolean);

/** Wildcards are for static files, whose other methods are not reported. */
const matches = (pattern: string[], path: string[]): boolean =>
  pattern.length === path.length &&
  pattern.every((segment, i) => (segment.startsWith(':') ? path[i] !== '' : segment === path[i]));
