import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { addSeconds, Clock } from '../clock.js';
import { Database, type Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { ADMIN_ROLE } from '../http/admin.guard.js';
import type { Caller } from '../http/caller.js';
import { isSameState, OneTimeTokens, stateOf } from '../users/one-time-tokens.js';

/** **Unit** seconds. */
export const INVITATION_LIFETIME = 7 * 86_400;

/** What is to be made. */
export interface NewInvitation {
  /** In normal form. */
  email: string;
  roles: readonly string[];
  /** The admin who makes it; null for an operator. */
  invitedBy: number | null;
  /** **Unit** seconds. */
  lifetime: number;
  /** Whether the caller queues its email, or shows its link. If not, a server does. */
  isQueued: boolean;
}

export interface InvitationRow {
  id: string;
  /** Empty if whoever accepts it names an address. */
  email: string;
  roles: string[];
  invitedBy: number | null;
  createdAt: Date;
  expiresAt: Date;
}

const COLUMNS =
  'id, email, roles, invited_by AS "invitedBy", created_at AS "createdAt", expires_at AS "expiresAt"';
/** Those of somebody who is no admin any more, or not active, are worth nothing; that of the first admin of a trial, only while there is none. */
const IS_GOOD = (now: string): string =>
  `expires_at > ${now} AND (invited_by IS NULL OR EXISTS (
      SELECT FROM tokenjar.users u WHERE u.id = invited_by AND u.is_active AND u.roles @> ARRAY['${ADMIN_ROLE}']))
    AND (email <> '' OR NOT EXISTS (SELECT FROM tokenjar.users WHERE is_active AND roles @> ARRAY['${ADMIN_ROLE}']))`;
const BY_REASON = `array_to_string(roles, ' ')`;

type Values = [
  id: string,
  email: string,
  roles: readonly string[],
  invitedBy: number | null,
  isQueued: boolean,
  now: Date,
  expiry: Date,
  ...by: OrderedBy,
];
const ADDED = `INSERT INTO tokenjar.invitations AS i (id, email, roles, invited_by, is_queued, created_at, expires_at)`;
const REPLACING = `ON CONFLICT (email) DO UPDATE SET id = excluded.id, roles = excluded.roles,
  invited_by = excluded.invited_by, is_queued = excluded.is_queued, created_at = excluded.created_at,
  expires_at = excluded.expires_at`;
const andRecorded = (added: string): string =>
  `WITH added AS (${added} RETURNING ${COLUMNS}), audited AS (
      ${recorded({ at: '$6', event: 'invitation_made', reason: BY_REASON, by: 8, actor: '$11::text' }, 'added')}
    )
    SELECT * FROM added`;

const ADD = statement<Values, InvitationRow>(
  'invitation_add',
  andRecorded(`${ADDED} VALUES ($1, $2, $3, $4, $5, $6, $7) ${REPLACING}`),
);
/** Of several instances that start at once, one makes it. */
const ADD_FIRST = statement<[...Values, replaces: boolean], InvitationRow>(
  'invitation_add_first',
  andRecorded(`${ADDED} SELECT $1, $2, $3::text[], $4::bigint, $5::boolean, $6, $7
    WHERE NOT EXISTS (SELECT FROM tokenjar.users WHERE is_active AND roles @> ARRAY['${ADMIN_ROLE}'])
    ${REPLACING} WHERE $12::boolean OR i.expires_at <= $6`),
);
const FIND = statement<[email: string, now: Date], InvitationRow>(
  'invitation_find',
  `SELECT ${COLUMNS} FROM tokenjar.invitations WHERE email = $1 AND ${IS_GOOD('$2')}`,
);
const TAKE = statement<[id: string, now: Date], InvitationRow>(
  'invitation_take',
  `DELETE FROM tokenjar.invitations WHERE id = $1 AND ${IS_GOOD('$2')} RETURNING ${COLUMNS}`,
);
/** Newest first. */
const LIST = statement<[now: Date, before: string | null, most: number], InvitationRow>(
  'invitations_list',
  `SELECT ${COLUMNS} FROM tokenjar.invitations
    WHERE email <> '' AND ${IS_GOOD('$1')} AND ($2::uuid IS NULL OR (created_at, id) < (
      SELECT created_at, id FROM tokenjar.invitations WHERE id = $2))
    ORDER BY created_at DESC, id DESC LIMIT $3`,
);
const REVOKE = statement<[id: string, now: Date, ...by: OrderedBy], { id: string }>(
  'invitation_revoke',
  `WITH revoked AS (DELETE FROM tokenjar.invitations WHERE id = $1 AND email <> '' RETURNING id, roles), audited AS (
      ${recorded({ at: '$2', event: 'invitation_revoked', reason: BY_REASON, by: 3, actor: '$6::text' }, 'revoked')}
    )
    SELECT id FROM revoked`,
);
/** One instance gets it. */
const CLAIM = statement<[], { id: string; email: string }>(
  'invitation_claim',
  `UPDATE tokenjar.invitations SET is_queued = true WHERE id = (
      SELECT id FROM tokenjar.invitations WHERE NOT is_queued ORDER BY created_at FOR UPDATE SKIP LOCKED LIMIT 1
    ) RETURNING id, email`,
);

/**
 * Invitations. Each is bound to an address, works once and for a limited time, and only while whoever made it could
 * still make it. It needs no secret, so commands can use it.
 */
@Injectable()
export class Invitations {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly tokens: OneTimeTokens,
  ) {}

  /** Makes one. Another one for the same address, and its links, are worth nothing then. */
  async add(invitation: NewInvitation, tx: Queries, by?: Caller): Promise<InvitationRow> {
    const [row] = await tx.run(ADD, this.valuesOf(invitation, by));
    if (!row) throw new TypeError('an invitation always replaces those before');
    return row;
  }

  /** Makes one if there is no active admin, and none for the address. @param replaces even if there is one. */
  async addFirst(
    invitation: NewInvitation,
    replaces: boolean,
    tx: Queries,
  ): Promise<InvitationRow | undefined> {
    return (await tx.run(ADD_FIRST, [...this.valuesOf(invitation), replaces]))[0];
  }

  /** The one for an address. @param email empty for that of the first admin of a trial. */
  async findFor(email: string, queries: Queries = this.db): Promise<InvitationRow | undefined> {
    return (await queries.run(FIND, [email, this.clock.now()]))[0];
  }

  /** Reads the one of a link, without using it up. */
  async find(key: string, queries: Queries = this.db): Promise<InvitationRow | undefined> {
    const found = await this.tokens.find('invitation', key, queries);
    const invitation = found && (await this.findFor(found.email, queries));
    return invitation && isSameState(found.boundTo, stateFor(invitation)) ? invitation : undefined;
  }

  /** Uses one up. @returns undefined if another request does, or it was replaced or revoked. */
  async take({ id }: Pick<InvitationRow, 'id'>, tx: Queries): Promise<InvitationRow | undefined> {
    return (await tx.run(TAKE, [id, this.clock.now()]))[0];
  }

  /** The key of a link. @param emailId see {@link OneTimeTokens.issue}. */
  keyFor(invitation: InvitationRow, queries: Queries, emailId?: string): Promise<string | undefined> {
    const facts = { userId: null, boundTo: stateFor(invitation), email: invitation.email };
    const lifetime = lifetimeOf(invitation);
    return this.tokens.issue('invitation', facts, { lifetime, ...(emailId && { emailId }) }, queries);
  }

  /** Those that can be accepted, newest first. @param before the last one of the previous page. */
  list(most: number, before?: string): Promise<InvitationRow[]> {
    return this.db.run(LIST, [this.clock.now(), before ?? null, most]);
  }

  /** @returns whether there was one. */
  async revoke(id: string, by: Caller, queries: Queries = this.db): Promise<boolean> {
    return (await queries.run(REVOKE, [id, this.clock.now(), ...orderedBy(by)])).length === 1;
  }

  /** Takes one whose email nobody has queued. */
  async claim(tx: Queries): Promise<{ id: string; email: string } | undefined> {
    return (await tx.run(CLAIM, []))[0];
  }

  private valuesOf({ email, roles, invitedBy, lifetime, isQueued }: NewInvitation, by?: Caller): Values {
    const now = this.clock.now();
    const sorted = [...new Set(roles)].sort();
    const expiry = addSeconds(now, lifetime);
    return [randomUUID(), email, sorted, invitedBy, isQueued, now, expiry, ...orderedBy(by)];
  }
}

/** **Unit** seconds. */
export const lifetimeOf = ({ createdAt, expiresAt }: InvitationRow): number =>
  Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000);

const stateFor = ({ id }: InvitationRow): Buffer => stateOf('invitation', id);
