import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';

/** Nobody reads a longer page, and a long one holds up the process. */
export const MOST_ON_A_PAGE = 100;

/** Which page of a list is asked for. */
export interface Page {
  /** How many there may be on it. */
  limit: number;
  /** What stands before it; undefined for the first. **Shape** what {@link pageOf} made, unchecked. */
  after: string | undefined;
}

/** One page, and the key of the last on it, where more follow. */
export interface Paged<Item> {
  items: Item[];
  next: string | undefined;
}

/** Of one more than asked for, the page and whether there is more. */
export function pageOf<Item>(found: Item[], { limit }: Page, keyOf: (last: Item) => string): Paged<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last ? keyOf(last) : undefined };
}

/** Hands a handler the page that the query asks for: `limit` and `cursor`. **Errors** `input_invalid`. */
export const PageOf = createParamDecorator((_: unknown, context: ExecutionContext): Page => {
  const { searchParams } = new URL(context.switchToHttp().getRequest<HttpRequest>().url, 'http://localhost');
  const limit = searchParams.get('limit') ?? String(MOST_ON_A_PAGE);
  if (!/^[1-9]\d{0,8}$/.test(limit))
    throw new TokenjarError('input_invalid', {
      errors: { limit: ['This must be a whole number of at least 1.'] },
    });
  return {
    limit: Math.min(Number(limit), MOST_ON_A_PAGE),
    after: searchParams.get('cursor') ?? undefined,
  };
});

export const cursorInvalid = () =>
  new TokenjarError('input_invalid', { errors: { cursor: ['This is not a valid cursor.'] } });

/** What Fastify's reply and Express's response have in common. */
interface Response {
  header(name: string, value: string): unknown;
}

/**
 * Names the next page, if there is one, in a header: the body stays the list that it is.
 *
 * **Source** RFC 8288 §3; the address is relative, so that it holds behind any proxy.
 */
export function withLink<Item>(
  { url }: HttpRequest,
  response: Response,
  { items, next }: Paged<Item>,
): Item[] {
  if (next !== undefined) {
    const { searchParams } = new URL(url, 'http://localhost');
    searchParams.set('cursor', next);
    response.header('Link', `<?${searchParams.toString()}>; rel="next"`);
  }
  return items;
}
