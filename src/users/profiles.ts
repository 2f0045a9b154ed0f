import { Inject, Injectable } from '@nestjs/common';
import { type OrderedBy, orderedBy, recorded } from '../audit/audit.js';
import { Clock } from '../clock.js';
import { columnsOf } from '../database/columns.js';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { HookCalls } from '../hooks/hook-calls.js';
import { type HookUser, hookUserOf, type Profile } from '../hooks/hooks.js';
import { PROFILE, type ProfileSchema } from '../hooks/profile.js';
import type { Caller } from '../http/caller.js';
import { type User, USER_FIELDS } from './user.entity.js';

const FIND = statement<[id: number], { profile: Profile | null }>(
  'profile_find',
  'SELECT profile FROM tokenjar.users WHERE id = $1',
);
/** Only in place of the one that was read. The trail has the names of what was sent, and no value. */
const SET = statement<
  [id: number, profile: string, was: string | null, what: string, now: Date, ...by: OrderedBy],
  User
>(
  'profile_set',
  `WITH changed AS (
      UPDATE tokenjar.users u SET profile = $2::jsonb
      WHERE id = $1 AND is_active AND profile IS NOT DISTINCT FROM $3::jsonb
      RETURNING ${columnsOf('u', USER_FIELDS)}
    ), audited AS (
      ${recorded({ at: '$5', event: 'user_changed', reason: '$4::text', userId: 'id', by: 6, actor: '$9::text' }, 'changed')}
    )
    SELECT * FROM changed`,
);

/** What a host adds to a user: the fields of its schema, and what its hook says. */
@Injectable()
export class Profiles {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly hooks: HookCalls,
    @Inject(PROFILE) private readonly schema: ProfileSchema | undefined,
  ) {}

  /** Whether there is anything. */
  get isGiven(): boolean {
    return this.schema !== undefined || this.hooks.has('userFields');
  }

  /** What is shown beside our own fields; undefined if nothing is. **Errors** `hook_failed`. */
  async shown(user: HookUser & { profile?: Profile | null }): Promise<Profile | undefined> {
    const own = this.schema?.show(user.profile === undefined ? await this.find(user.id) : user.profile);
    const further = await this.hooks.call('userFields', hookUserOf(user));
    return own || further ? { ...own, ...further } : undefined;
  }

  private async find(id: number): Promise<Profile | null> {
    return (await this.db.run(FIND, [id]))[0]?.profile ?? null;
  }

  /** What a new account has. **Errors** `input_invalid`, `hook_failed`. */
  async begun(sent: Profile | undefined): Promise<Profile | null> {
    return this.schema && sent ? await this.schema.validate(sent) : null;
  }

  /**
   * Changes the fields that were sent; the schema judges all of them together.
   *
   * @returns undefined if the user is gone or deactivated. **Errors** `input_invalid`, `hook_failed`.
   */
  async change(id: number, sent: Profile, by: Caller): Promise<User | undefined> {
    if (!this.schema) throw new TypeError('there are no fields to change');
    const what = `profile=${Object.keys(sent).join(',')}`;
    // Each turn means that another change of the same user went through.
    for (;;) {
      const was = await this.find(id);
      const next = await this.schema.validate({ ...this.schema.show(was), ...sent });
      const values = [
        JSON.stringify({ ...this.schema.rest(was), ...next }),
        was && JSON.stringify(was),
      ] as const;
      const [user] = await this.db.run(SET, [id, ...values, what, this.clock.now(), ...orderedBy(by)]);
      if (user) return user;
      if (JSON.stringify(await this.find(id)) === JSON.stringify(was)) return undefined;
    }
  }
}
