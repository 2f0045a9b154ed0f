import { Module } from '@nestjs/common';
import { UserFinder } from '../http/user-id.js';
import { Administrators } from './administrators.js';
import { Blacklist } from './blacklist/blacklist.js';
import { RoleChanges } from './roles/role-changes.js';
import { Roles } from './roles/roles.js';
import { SessionEnding } from './sessions/session-ending.js';
import { SharedAdvances } from './sessions/shared-advances.js';
import { Sessions } from './sessions/sessions.js';
import { Profiles } from './profiles.js';
import { UserIds } from './user-ids.js';
import { Usernames } from './usernames.js';
import { Users } from './users.js';

const RECORDS = [
  Users,
  UserIds,
  Profiles,
  Usernames,
  Administrators,
  Blacklist,
  Roles,
  RoleChanges,
  Sessions,
  SharedAdvances,
  SessionEnding,
];

/** For the guard of paths that name a user. */
const FINDER = { provide: UserFinder, useExisting: UserIds };

/** Accounts, sessions and the blacklist in the database. It needs no secret, so commands can use it. */
@Module({ providers: [...RECORDS, FINDER], exports: [...RECORDS, FINDER] })
export class UserRecordsModule {}
