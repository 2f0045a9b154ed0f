import type { UserFacts } from './payloads.js';

/** A user as administrators see one: no credential. */
export interface ManagedUser extends UserFacts {
  isActive: boolean;
  hasPassword: boolean;
  /** The kinds of second factors, such as `totp`. */
  secondFactors: string[];
  lastLoginAt: Date | null;
}

/** A page of a list, and the cursor of the next one. */
export interface ListPage<Item> {
  items: Item[];
  next: string | undefined;
}
