import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../text/text.ts';
import { admin, type ListPage, type Query } from './api.ts';
import { useWords } from './text.ts';

interface List<Item> {
  items: Item[] | undefined;
  failure: unknown;
  hasMore: boolean;
  reload: () => Promise<void>;
  loadMore: () => Promise<void>;
}

/** A list of administrators, page by page; again from its first page when the query changes. It never rejects. */
export function useList<Item>(path: string, query: Query = {}): List<Item> {
  const [shown, setShown] = useState<ListPage<Item>>();
  const [failure, setFailure] = useState<unknown>();
  const asked = JSON.stringify([path, query]);
  /** What is wanted now: an answer to an earlier question comes too late. */
  const wanted = useRef(asked);
  wanted.current = asked;
  const take = async (more: boolean): Promise<void> => {
    setFailure(undefined);
    try {
      const cursor = more ? (shown?.next ?? undefined) : undefined;
      const page = await admin.get<ListPage<Item>>(path, { ...query, cursor });
      if (wanted.current !== asked) return;
      setShown({ items: [...(more ? (shown?.items ?? []) : []), ...page.items], next: page.next });
    } catch (thrown) {
      if (wanted.current === asked) setFailure(thrown);
    }
  };
  useEffect(() => void take(false), [asked]);
  return {
    items: shown?.items,
    failure,
    hasMore: Boolean(shown?.next),
    reload: () => take(false),
    loadMore: () => take(true),
  };
}

interface ListViewProps<Item> {
  list: List<Item>;
  row: (item: Item) => ComponentChildren;
  keyOf: (item: Item) => string | number;
  label: string;
}

/** Shows a list, why it cannot be read, that it is empty, and the way to more of it. */
export function ListView<Item>({ list, row, keyOf, label }: ListViewProps<Item>) {
  const text = useText();
  const words = useWords();
  const { items, failure, hasMore, loadMore } = list;
  const element = useRef<HTMLUListElement>(null);
  const more = async () => {
    await loadMore();
    // The button may be gone.
    element.current?.focus();
  };
  return (
    <>
      {items === undefined && !failure && <p class="quiet">{text.loading}</p>}
      {items?.length === 0 && <p class="quiet">{words.nothing}</p>}
      <ul class="sessions" tabIndex={-1} ref={element} aria-label={label} hidden={!items?.length}>
        {items?.map((item) => (
          <li key={keyOf(item)}>{row(item)}</li>
        ))}
      </ul>
      <Failure of={failure} />
      {hasMore && <button onClick={() => void more()}>{text.showMore}</button>}
    </>
  );
}

/** Says why something did not work. */
export function Failure({ of: failure }: { of: unknown }) {
  const words = useWords();
  return (
    <p class="alert" role="alert" hidden={!failure}>
      {Boolean(failure) && words.sentenceFor(failure)}
    </p>
  );
}

/** Says what was done. It gets the focus, as the button that did it may be gone. */
export function Done({ said }: { said: string }) {
  const element = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (said !== '') element.current?.focus();
  }, [said]);
  return (
    <p class="notice" role="status" tabIndex={-1} ref={element} hidden={said === ''}>
      {said}
    </p>
  );
}
