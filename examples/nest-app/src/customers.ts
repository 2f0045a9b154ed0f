import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type HostEvent, TokenjarRoles, TokenjarUsers } from 'tokenjar';
import { events } from './auth.js';

/** Makes customers of those who register. */
@Injectable()
export class Customers implements OnApplicationBootstrap {
  constructor(
    private readonly users: TokenjarUsers,
    private readonly roles: TokenjarRoles,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.roles.set('customer', { permissions: ['orders:read', 'orders:write'] });
    events.handle = (event) => this.hear(event);
  }

  private async hear({ type, data }: HostEvent): Promise<void> {
    if (type !== 'registration' || data.outcome !== 'success' || data.user_id === null) return;
    const user = await this.users.find(data.user_id);
    // Somebody else may have given roles by the time it is heard, or heard again.
    if (user?.roles.length === 0) await this.users.setRoles(user.id, ['customer']);
  }
}
