import { type INestApplicationContext, Module } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { readLinkEnvironment } from '../config/env.js';
import { Database, type Queries } from '../database/database.js';
import { normalAddress } from '../email-address.js';
import type { Caller } from '../http/caller.js';
import { INVITATION_LIFETIME, Invitations } from '../invitations/invitations.js';
import { linkTo } from '../mail/links.js';
import { ownerState, readAddressState } from '../users/address-state.js';
import { OneTimeTokens } from '../users/one-time-tokens.js';
import { RoleChanges } from '../users/roles/role-changes.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { nameOf, type User } from '../users/user.entity.js';
import { Users } from '../users/users.js';
import { inApplication } from './application.js';
import { CommandError } from './command-error.js';
import { onUser } from './on-user.js';
import { operatorAs } from './operator.js';
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
class LinksModule {}

/** Makes an account without a password, and a link that sets one. */
export const createUser = (
  address: string,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([LinksModule], async (application) => {
    const email = emailOf(address);
    const operator = operatorAs(as);
    await demandRoles(application, roles);
    const { user, link } = await application.get(Database).transaction(async (tx) => {
      const created = await application.get(Users).create(email, null, tx, operator);
      if (!created) throw new CommandError(`There is a user with the address ${email} already.`);
      await application.get(RoleChanges).grant(created.id, roles, tx, operator);
      return { user: created, link: await passwordLinkFor(created, application, tx, operator) };
    });
    const facts = { id: user.id, email, roles: [...new Set(roles)].sort() };
    return isJson ? asJson(facts, link) : `The user ${user.id} exists. ${saidOf(link)}`;
  });

/** Makes a link that sets a new password. */
export const passwordLink = (email: string, isJson: boolean, as?: string): Promise<string> =>
  onUser(
    email,
    as,
    async (user, application, operator) => {
      if (!user.isActive) throw new CommandError(`${email} is deactivated.`);
      const link = await passwordLinkFor(user, application, application.get(Database), operator);
      return isJson ? asJson({ id: user.id, email: user.email }, link) : saidOf(link);
    },
    [LinksModule],
  );

/** Invites an address; a running server sends the email. */
export const inviteUser = (
  address: string,
  roles: readonly string[],
  isJson: boolean,
  as?: string,
): Promise<string> =>
  inApplication([LinksModule], async (application) => {
    const email = emailOf(address);
    await demandRoles(application, roles);
    if (await application.get(Users).findByEmail(email))
      throw new CommandError(`There is a user with the address ${email} already.`);
    const invitation = {
      email,
      roles,
      invitedBy: null,
      lifetime: INVITATION_LIFETIME,
      isQueued: false,
    };
    const made = await application
      .get(Database)
      .transaction((tx) => application.get(Invitations).add(invitation, tx, operatorAs(as)));
    const facts = { id: made.id, email, roles: made.roles, expires_at: made.expiresAt.toISOString() };
    return isJson
      ? JSON.stringify(facts)
      : `${email} is invited. A running server that sends emails will send the link within a minute; it works once, within 7 days.`;
  });

function emailOf(address: string): string {
  const email = normalAddress(address);
  if (email === undefined) throw new CommandError(`${address} is not an email address.`);
  return email;
}

async function demandRoles(application: INestApplicationContext, roles: readonly string[]): Promise<void> {
  const [unknown] = await application.get(RoleChanges).unknownOf(roles);
  if (unknown !== undefined) refuse({ problem: 'role_unknown', name: unknown });
}

/** It works until the password, the address or the state of the account changes. */
async function passwordLinkFor(
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

const saidOf = (link: string): string =>
  `This link sets a password, once, within 24 hours; give it to nobody else:\n${link}`;

const asJson = (facts: object, link: string): string =>
  JSON.stringify({ ...facts, link, expires_in: LINK_LIFETIME });
