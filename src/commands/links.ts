import { type INestApplicationContext, Module } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { readLinkEnvironment } from '../config/env.js';
import type { Queries } from '../database/database.js';
import { normalAddress } from '../email-address.js';
import type { Caller } from '../http/caller.js';
import { Invitations } from '../invitations/invitations.js';
import { linkTo } from '../mail/links.js';
import { ownerState, readAddressState } from '../users/address-state.js';
import { OneTimeTokens } from '../users/one-time-tokens.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { nameOf, type User } from '../users/user.entity.js';
import { CommandError } from './command-error.js';
import { refuse } from './roles.js';

/** **Unit** seconds. */
const LINK_LIFETIME = 86_400;

/** One-time tokens that a command makes are random, and only their digests are stored: that needs no secret. */
@Module({
  imports: [UserRecordsModule],
  providers: [
    Audit,
    Invitations,
    { provide: OneTimeTokens, inject: [Clock], useFactory: (clock: Clock) => new OneTimeTokens(clock) },
  ],
})
export class LinksModule {}

export function emailOf(address: string): string {
  const email = normalAddress(address);
  if (email === undefined) throw new CommandError(`${address} is not an email address.`);
  return email;
}

export async function demandRoles(
  application: INestApplicationContext,
  roles: readonly string[],
): Promise<void> {
  refuse(await application.get(RoleChanges).problemOf(roles));
}

/** It works until the password, the address or the state of the account changes. */
export async function passwordLinkFor(
  { id, email, ...user }: User,
  application: INestApplicationContext,
  queries: Queries,
  operator: Caller,
): Promise<string> {
  if (email === null) throw new CommandError(`${nameOf({ id, email, ...user })} has no address.`);
  const options = readLinkEnvironment();
  const state = await readAddressState(email, application.get(Clock).now(), queries);
  const facts = { userId: id, boundTo: ownerState(state), email };
  const key = await application
    .get(OneTimeTokens)
    .issue('reset_password', facts, { lifetime: LINK_LIFETIME }, queries);
  if (key === undefined) throw new TypeError('a random token is always new');
  const requested = { event: 'password_reset_requested', outcome: 'success', userId: id } as const;
  await application.get(Audit).record({ ...requested, caller: operator }, queries);
  return linkTo(options, options.resetPasswordLink, { key, userId: id });
}

export const saidOf = (link: string): string =>
  `This link sets a password, once, within 24 hours; give it to nobody else:\n${link}`;

export const asJson = (facts: object, link: string): string =>
  JSON.stringify({ ...facts, link, expires_in: LINK_LIFETIME });
