import { Param } from '@nestjs/common';
import { z } from 'zod';
import { TokenjarError } from '../errors.js';
import { type Caller, From, Languages } from '../http/caller.js';
import { Input } from '../http/input.js';
import type { CreatedUser, InvitationFacts, InvitationInput, NewUser } from '../http/invitation-payloads.js';
import { ApiController, Operation } from '../http/operation.js';
import { cursorInvalid, type Page, type Paged, PageOf, pageOf } from '../http/paging.js';
import { CurrentUser, Principal } from '../http/principal.js';
import { Administrators } from '../users/administrators.js';
import { UserIds } from '../users/user-ids.js';
import { type InvitationRow, Invitations } from './invitations.js';
import { Inviting } from './inviting.js';
import { UserCreation } from './user-creation.js';

/** /admin/invitations, and POST /admin/users: for administrators. */
@ApiController()
export class ManagedInvitationsController {
  constructor(
    private readonly invitations: Invitations,
    private readonly inviting: Inviting,
    private readonly creation: UserCreation,
    private readonly administrators: Administrators,
    private readonly ids: UserIds,
  ) {}

  @Operation('listInvitations')
  async list(@PageOf() page: Page): Promise<Paged<InvitationFacts>> {
    if (page.after !== undefined && !isId(page.after)) throw cursorInvalid();
    const found = await this.invitations.list(page.limit + 1, page.after);
    return pageOf(await this.factsOf(found), page, ({ id }) => id);
  }

  @Operation('createInvitation')
  async create(
    @CurrentUser() me: Principal,
    @Input() input: InvitationInput,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<InvitationFacts> {
    const made = await this.inviting.invite(input, me, caller, languages);
    return { ...made, invitedBy: me.shownId };
  }

  @Operation('createUser')
  async createUser(
    @CurrentUser() me: Principal,
    @Input() input: NewUser,
    @From() caller: Caller,
    @Languages() languages: string | null,
  ): Promise<InvitationFacts | CreatedUser> {
    const made = await this.creation.create(input, me, caller, languages);
    return 'invitedBy' in made ? { ...made, invitedBy: me.shownId } : made;
  }

  @Operation('revokeInvitation')
  async revoke(@CurrentUser() me: Principal, @Param('id') id: string, @From() caller: Caller): Promise<void> {
    const revoked =
      isId(id) &&
      (await this.administrators.act(me, caller, (tx, by) => this.invitations.revoke(id, by, tx)));
    if (!revoked) throw new TokenjarError('invitation_not_found');
  }

  private async factsOf(rows: readonly InvitationRow[]): Promise<InvitationFacts[]> {
    const shown = await this.ids.shownOf(rows.map(({ invitedBy }) => invitedBy));
    return rows.map((row) => ({ ...row, invitedBy: shown(row.invitedBy) }));
  }
}

const isId = (text: string): boolean => z.uuid().safeParse(text).success;
