import type { Page } from '@tokenjar/client/account';
import { useEffect, useState } from 'preact/hooks';
import { changes } from '../changes.ts';

/**
 * A list that is loaded page by page, and reloaded from its first page when the window gets the focus, or when the user
 * has changed something.
 */
export interface Pages<Item> {
  /** Undefined while the first page is loading. */
  items: Item[] | undefined;
  failure: unknown;
  hasMore: boolean;
  /** Loads the first page again. It never rejects. */
  reload: () => Promise<void>;
  /** Loads the next page. It never rejects. */
  loadMore: () => Promise<void>;
}

export function usePages<Item extends { id: string }>(
  load: (cursor?: string) => Promise<Page<Item>>,
): Pages<Item> {
  const [shown, setShown] = useState<Page<Item>>();
  const [failure, setFailure] = useState<unknown>();
  const take = (page: Promise<Page<Item>>): Promise<void> => {
    setFailure(undefined);
    return page.then(setShown, setFailure);
  };
  const reload = () => take(load());
  const loadMore = () =>
    take(
      load(shown?.next).then(({ items, next }) => {
        const before = shown?.items ?? [];
        const known = new Set(before.map(({ id }) => id));
        return { items: [...before, ...items.filter(({ id }) => !known.has(id))], next };
      }),
    );
  const count = changes.use();
  useEffect(() => {
    const again = () => void reload();
    again();
    addEventListener('focus', again);
    return () => removeEventListener('focus', again);
  }, [count]);
  return { items: shown?.items, failure, hasMore: shown?.next !== undefined, reload, loadMore };
}
