import { z } from 'zod';
import type { ListPage, ManagedUser } from '../admin-payloads.js';
import type { Dialect } from './dialect.js';
import { showUser, user } from './standard-tokens.js';

const managedUser = user
  .extend({
    active: z.boolean(),
    has_password: z.boolean(),
    second_factors: z.array(z.string()).meta({ description: 'The kinds that the user has.' }),
    last_login_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ManagedUser' });
const showManagedUser = (facts: ManagedUser): z.infer<typeof managedUser> => ({
  ...showUser(facts),
  active: facts.isActive,
  has_password: facts.hasPassword,
  second_factors: facts.secondFactors,
  last_login_at: facts.lastLoginAt?.toISOString() ?? null,
});

/** A page of a list, with the cursor of the next one. */
const pageOf = <Item extends z.ZodType>(item: Item, name: string) =>
  z
    .object({
      items: z.array(item),
      next: z.string().nullable().meta({ description: '`cursor` of the next page; null on the last one.' }),
    })
    .meta({ id: name });
const showPage =
  <Item, Shown>(show: (item: Item) => Shown) =>
  ({ items, next }: ListPage<Item>): { items: Shown[]; next: string | null } => ({
    items: items.map(show),
    next: next ?? null,
  });

/** The operations of administrators, the same in every dialect. */
export const adminOperations = {
  listUsers: {
    status: 200,
    shape: pageOf(managedUser, 'ManagedUsers'),
    gives: showPage(showManagedUser),
    description: 'At most 100 users (`?limit=`), and the cursor of the next page.',
  },
} satisfies Dialect['operations'];
