import type { Queries } from '../database/database.js';
import { statement } from '../database/statement.js';
import { stateOf } from './one-time-tokens.js';
import type { SeenUser } from './user.entity.js';

/** The owner of an address at one moment. */
export interface AddressState {
  account: SeenUser | undefined;
  /** The registration waiting for verification, if any. */
  registration:
    | {
        id: string;
        /** The only password that was entered; undefined if there were several, or if the address was taken. */
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

/** Always returns one row, whether or not the address is taken. */
const READ = statement<[email: string, now: Date], StateRow>(
  'address_state',
  `SELECT u.id AS user_id, u.credentials_epoch, r.id AS registration_id,
      CASE WHEN r.is_open THEN r.password_hashes[1] END AS open_hash
    FROM (SELECT $1::text AS email) AS asked
    LEFT JOIN tokenjar.users u ON u.email = asked.email
    LEFT JOIN tokenjar.pending_registrations r ON r.email = asked.email AND r.expires_at > $2`,
);

/** Looks up the owner of an address, with the same work for every address. */
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
 * The owner of an address as a digest. It changes with the password, the address and the deactivation of the account,
 * and when the account is deleted and another one created. Registering the address of an existing account does not
 * change it.
 *
 * **Shape** SHA-256.
 */
export const ownerState = ({ account, registration }: AddressState): Buffer =>
  account
    ? stateOf('account', String(account.id), String(account.credentialsEpoch))
    : stateOf('registration', registration?.id ?? null);

/**
 * Like {@link ownerState}, but also changes when somebody registers the address with another password. **Shape**
 * SHA-256.
 */
export const verificationState = (state: AddressState): Buffer =>
  stateOf(
    ownerState(state).toString('base64url'),
    state.registration?.id ?? null,
    state.registration?.openHash ?? null,
  );

/** The state to which a link for a change of address is bound. **Shape** SHA-256. */
export const moveState = (account: SeenUser): Buffer =>
  stateOf('move', String(account.id), String(account.credentialsEpoch));
