import { RoleChanges } from '../../src/users/roles/role-changes.js';
import { UserIds } from '../../src/users/user-ids.js';
import type { TestApp } from './app.js';
import type { Browser } from './browser.js';
import { readPart } from './jwt.js';
import { addTotp } from './totp-account.js';

/** Somebody who is signed in, with the ID of the account, and the one that is shown. */
export type Member = Browser & { email: string; id: number; shownId: string };

/** An administrator, and the next code of the authenticator app. */
export type Admin = Member & { code: () => string };

export async function memberOf(app: TestApp): Promise<Member> {
  const user = await app.verified();
  const { sub, user_id: shownId = sub } = readPart(user.accessToken ?? '', 1) as Record<string, string>;
  const id = await app.app.get(UserIds, { strict: false }).find(shownId ?? '');
  return Object.assign(user, { id: id ?? 0, shownId: shownId ?? '' });
}

/** Somebody with the role `admin`, who has just signed in with two factors. */
export async function adminOf(app: TestApp): Promise<Admin> {
  const user = await memberOf(app);
  const code = await addTotp(app, user.accessToken ?? '');
  await giveRoles(app, user, 'admin');
  await user.refresh();
  return Object.assign(user, { code });
}

export async function giveRoles(app: TestApp, { id }: Member, ...roles: string[]): Promise<void> {
  const problem = await app.app.get(RoleChanges, { strict: false }).assign(id, roles);
  if (problem) throw new TypeError(JSON.stringify(problem));
}
