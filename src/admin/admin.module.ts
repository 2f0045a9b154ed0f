import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { ManagedUsersController } from './managed-users.controller.js';
import { UserSearch } from './user-search.js';

/** What administrators may do, over HTTP. */
@Module({
  imports: [UsersModule],
  controllers: [ManagedUsersController],
  providers: [UserSearch],
})
export class AdminModule {}
