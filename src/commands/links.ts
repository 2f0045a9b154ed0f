import { type INestApplicationContext, Module } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { readLinkEnvironment } from '../config/env.js';
import type { Queries } from '../database/database.js';
import { normalAddress } from '../email-address.js';
import type { Caller } from '../http/caller.js';
import { Invitations } from '../invitations/invitations.js';
import { OneTimeTokens } from '../users/one-time-tokens.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { PASSWORD_LINK_LIFETIME, PasswordLinks } from '../users/password-links.js';
import type { User } from '../users/user.entity.js';
import { CommandError } from './command-error.js';
import { refuse } from './roles.js';

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

export const linkFor = (
  user: User,
  application: INestApplicationContext,
  queries: Queries,
  operator: Caller,
): Promise<string> => {
  const tokens = application.get(OneTimeTokens);
  const links = new PasswordLinks(tokens, application.get(Audit), readLinkEnvironment());
  return links.make(user, operator, queries);
};

export const saidOf = (link: string): string =>
  `This link sets a password, once, within 24 hours; give it to nobody else:\n${link}`;

export const asJson = (facts: object, link: string): string =>
  JSON.stringify({ ...facts, link, expires_in: PASSWORD_LINK_LIFETIME });
