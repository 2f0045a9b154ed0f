import type { Queries } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import type { IncomingAccount } from './incoming-account.js';
import * as sql from './kept-statements.js';
import type { Newcomer } from './placing.js';
import { type Remark, remarkOf } from './remarks.js';

interface Comer {
  account: IncomingAccount;
  exported: NonNullable<IncomingAccount['exported']>;
  id: number;
  /** Recovery codes, sessions and devices are of an ID. */
  hasItsId: boolean;
}

/** Writes what only accounts of another Tokenjar have, once the accounts themselves are written. */
export async function keepExported(newcomers: readonly Newcomer[], tx: Queries): Promise<Remark[]> {
  const comers = newcomers.flatMap(({ account, id }): Comer[] =>
    account.exported
      ? [{ account, exported: account.exported, id, hasItsId: account.exported.id === id }]
      : [],
  );
  if (comers.length === 0) return [];
  const keeping = new Keeping(tx);
  const own = comers.filter(({ hasItsId }) => hasItsId);
  await keeping.keep(sql.KEEP_HANDLES, comers, ({ passkey_handle: handle }) =>
    handle === null ? [] : [{ handle }],
  );
  await keeping.keep(sql.KEEP_PASSKEYS, comers, ({ passkeys }) => passkeys);
  await keeping.keep(sql.KEEP_API_KEYS, comers, ({ api_keys: keys }) => keys);
  await keeping.keep(sql.KEEP_SESSIONS, own, ({ sessions = [] }) => sessions);
  await keeping.keep(sql.KEEP_DEVICES, own, ({ devices = [] }) => devices);
  await keeping.keep(sql.KEEP_REFUSALS, own, ({ refusals = [] }) => refusals);
  // The triggers of what was just written count as well: the epochs are those that devices were trusted in.
  await keeping.keep(sql.KEEP_STATES, comers, (exported) => [stateOf(exported)]);
  const bound = comers.filter(
    ({ hasItsId, exported: { recovery_codes: codes, sessions = [], devices = [] } }) =>
      !hasItsId && codes.length + sessions.length + devices.length > 0,
  );
  return [...bound.map(({ account }) => remarkOf(account, 'bound_to_id')), ...keeping.remarks];
}

const stateOf = ({
  locale,
  profile,
  credentials_epoch,
  factors_epoch,
  claims_epoch,
  ...more
}: Comer['exported']) => ({
  ...{ locale, profile, credentials_epoch, factors_epoch, claims_epoch },
  has_unproven_factors: more.has_unproven_factors,
  impersonated_until: more.impersonated_until,
  username_is_exact: more.username_is_exact,
});

class Keeping {
  readonly remarks: Remark[] = [];

  constructor(private readonly tx: Queries) {}

  /** @param statement returns the user of each row that it wrote. */
  async keep(
    statement: Statement<[rows: string], { userId: number }>,
    comers: readonly Comer[],
    rowsOf: (exported: Comer['exported']) => readonly object[],
  ): Promise<void> {
    const wanted = comers.flatMap(({ exported, id }) =>
      rowsOf(exported).map((row) => ({ ...row, user_id: id })),
    );
    if (wanted.length === 0) return;
    const written = await this.tx.run(statement, [JSON.stringify(wanted)]);
    if (written.length === wanted.length) return;
    for (const { account, exported, id } of comers)
      if (written.filter(({ userId }) => userId === id).length < rowsOf(exported).length)
        this.remarks.push(remarkOf(account, 'belongings_taken'));
  }
}
