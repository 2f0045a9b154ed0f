import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { stateOf } from './one-time-tokens.js';
import type { SeenUser } from './user.entity.js';

/** Whom an address belongs to at a moment. */
export interface AddressState {
  account: SeenUser | undefined;
  /** One that waits to be verified. */
  registration:
    | {
        id: string;
        /** The one password that was typed; undefined where there are several, or the address was taken. */
        openHash: string | undefined;
      }
    | undefined;
}

interface StateRow {
  user_id: number | null;
  credentials_epoch: number | null;
  registration_id: string | null;
  open_hash: string | null;
}

/** One row, whoever has the address. */
const READ = statement<[email: string, now: Date], StateRow>(
  'address_state',
  `SELECT u.id AS user_id, u.credentials_epoch, r.id AS registration_id,
      CASE WHEN r.is_open THEN r.password_hashes[1] END AS open_hash
    FROM (SELECT $1::text AS email) AS asked
    LEFT JOIN tokenjar.users u ON u.email = asked.email
    LEFT JOIN tokenjar.pending_registrations r ON r.email = asked.email AND r.expires_at > $2`,
);

/** Looks whom an address belongs to: the same work for any address. */
export async function readAddressState(email: string, now: Date, queries: Queries): Promise<AddressState> {
  const [row] = await queries.run(READ, [email, now]);
  if (!row) throw new TypeError('the state of an address is always one row');
  const { user_id, credentials_epoch, registration_id, open_hash } = row;
  return {
    account:
      user_id === null || credentials_epoch === null
        ? undefined
        : { id: user_id, credentialsEpoch: credentials_epoch },
    registration:
      registration_id === null ? undefined : { id: registration_id, openHash: open_hash ?? undefined },
  };
}

/**
 * Who an address belongs to: it changes with the password, the address and the deactivation of the account, and where
 * one account is deleted and another made. That somebody registers the address of an account does not change it.
 *
 * **Shape** SHA-256.
 */
export const ownerState = ({ account, registration }: AddressState): Buffer =>
  account
    ? stateOf('account', String(account.id), String(account.credentialsEpoch))
    : stateOf('registration', registration?.id ?? null);

/** As {@link ownerState}; it changes with every registration of another password too. **Shape** SHA-256. */
export const verificationState = (state: AddressState): Buffer =>
  stateOf(
    ownerState(state).toString('base64url'),
    state.registration?.id ?? null,
    state.registration?.openHash ?? null,
  );

/** What a link is bound to that moves an account to another address. **Shape** SHA-256. */
export const moveState = (account: SeenUser): Buffer =>
  stateOf('move', String(account.id), String(account.credentialsEpoch));
