import { z } from 'zod';
import type { Options } from '../../config/options.js';
import type { ListPage } from '../admin-payloads.js';

/** A page of a list, with the cursor of the next one. */
export const listShape = <Item extends z.ZodType>(item: Item, id: string) =>
  z
    .object({
      items: z.array(item),
      next: z.string().nullable().meta({ description: '`cursor` of the next page; null on the last one.' }),
    })
    .meta({ id });

export const showList =
  <Item, Shown>(show: (item: Item, options: Options) => Shown) =>
  ({ items, next }: ListPage<Item>, options: Options): { items: Shown[]; next: string | null } => ({
    items: items.map((item) => show(item, options)),
    next: next ?? null,
  });
