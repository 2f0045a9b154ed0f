import { type INestApplicationContext, Module } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { deriveKey } from '../crypto/derive.js';
import type { MarkKeys } from '../crypto/mark.js';
import { Passwords } from '../crypto/password.js';
import { importedCodeKeys } from '../mfa/imported-codes.js';
import type { TotpKeys } from '../mfa/totp-secrets.js';
import type { Receiver } from '../transfer/receiver.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { UserRecordsModule } from '../users/user-records.module.js';
import { Users } from '../users/users.js';
import { operatorAs } from './operator.js';

@Module({ imports: [UserRecordsModule], providers: [Audit] })
export class ImportModule {}

/** What receives the accounts of an import, with the keys of the server. */
export function receiverIn(
  application: INestApplicationContext,
  secrets: readonly [string, ...string[]],
  marks: MarkKeys,
  as: string | undefined,
): Receiver {
  return {
    users: application.get(Users, { strict: false }),
    ending: application.get(SessionEnding, { strict: false }),
    audit: application.get(Audit, { strict: false }),
    operator: operatorAs(as),
    passwords: new Passwords(),
    keys: {
      marks,
      totp: totpKeys(secrets),
      codes: importedCodeKeys(secrets),
    },
  };
}

/** The keys that seal and open the secrets of authenticator apps. */
export const totpKeys = (secrets: readonly [string, ...string[]]): TotpKeys =>
  secrets.map((each) => deriveKey(each, 'sealed totp secret')) as unknown as TotpKeys;

/** What marks the passwords that were seen in files. */
export const fileMarks = (secrets: readonly [string, ...string[]]): MarkKeys =>
  secrets.map((each) => deriveKey(each, 'imported account')) as unknown as MarkKeys;
