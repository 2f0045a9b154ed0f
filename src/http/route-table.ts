/** The routes of the server, for telling "no such address" from "not with this method". */
export class RouteTable {
  private readonly routes: { methods: string[]; segments: string[] }[] = [];

  /** @param pattern as the router takes it, such as `/auth/sessions/:id`. */
  add(method: string | string[], pattern: string): void {
    this.routes.push({ methods: [method].flat(), segments: segmentsOf(pattern) });
  }

  /** The methods that `url` answers to; none when there is nothing. */
  allowedAt(url: string): string[] {
    const segments = segmentsOf(url.split('?')[0] ?? '');
    const found = this.routes
      .filter((route) => matches(route.segments, segments))
      .flatMap(({ methods }) => methods);
    return [...new Set(found)].sort();
  }
}

const segmentsOf = (path: string): string[] => path.split('/').filter(Boolean);

/** Wildcards stand for static files, whose other methods are nobody's business. */
const matches = (pattern: string[], path: string[]): boolean =>
  pattern.length === path.length &&
  pattern.every((segment, i) => (segment.startsWith(':') ? path[i] !== '' : segment === path[i]));
