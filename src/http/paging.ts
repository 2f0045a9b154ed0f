import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import type { HttpRequest } from './caller.js';

/** Nobody reads a longer page, and building one would block the process. */
export const MOST_ON_A_PAGE = 100;

/** The requested page of a list. */
export interface Page {
  /** The maximum number of items. */
  limit: number;
  /**
   * The key of the last item of the previous page; undefined for the first page. **Shape** created by {@link pageOf},
   * not validated.
   */
  after: string | undefined;
}

/** One page, and the key of its last item if more follow. */
export interface Paged<Item> {
  items: Item[];
  next: string | undefined;
}

/** Splits a result with one item more than requested into the page and whether there are more. */
export function pageOf<Item>(found: Item[], { limit }: Page, keyOf: (last: Item) => string): Paged<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last ? keyOf(last) : undefined };
}

/** Provides the page requested by the query parameters `limit` and `cursor`. **Errors** `input_invalid`. */
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

/** The common part of Fastify's reply and Express's response. */
interface Response {
  header(name: string, value: string): unknown;
}

/**
 * Names the next page, if any, in a header, so that the body remains a plain list.
 *
 * **Source** RFC 8288 §3; the address is relative, so that it works behind any proxy.
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
