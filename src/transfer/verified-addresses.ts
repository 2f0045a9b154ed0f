import { normalAddress } from '../email-address.js';
import { type FileRules, type FileShape, fileRecords } from './files/file-records.js';
import type { IncomingAccount } from './incoming-account.js';
import { remarkOf } from './remarks.js';
import { SeenKeys } from './seen-keys.js';
import type { FileFlags, System } from './systems/system.js';
import { isEntry } from './systems/values.js';

/**
 * Reads a file once before anything of it is written: which addresses somebody in it has verified. Of several who have one,
 * whoever comes first is not to keep it from them.
 */
export async function verifiedAddresses(
  { path, shape, system, flags }: { path: string; shape: FileShape; system: System; flags: FileFlags },
  rules: FileRules,
): Promise<SeenKeys> {
  const addresses = new SeenKeys();
  for await (const record of fileRecords(path, shape, () => undefined, rules)) {
    if (record.problem !== undefined || !isEntry(record.value)) continue;
    const said = system.read(record.value, record.section, flags);
    if (typeof said !== 'object' || said.part === 'always' || said.isVerified !== true) continue;
    const address = normalAddress(said.email ?? '');
    if (address !== undefined) addresses.add(address);
  }
  return addresses;
}

/** An account as it comes if somebody else of the file may have verified its address. */
export function withoutShared(account: IncomingAccount, verified: SeenKeys): IncomingAccount {
  const { email, isVerified, remarks } = account;
  if (email === null || isVerified || !verified.has(email)) return account;
  return { ...account, email: null, remarks: [...remarks, remarkOf(account, 'address_shared', email)] };
}
