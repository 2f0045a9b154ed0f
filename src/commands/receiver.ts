import type { INestApplicationContext } from '@nestjs/common';
import { deriveKey } from '../crypto/derive.js';
import type { MarkKeys } from '../crypto/mark.js';
import { Passwords } from '../crypto/password.js';
import { importedCodeKeys } from '../mfa/imported-codes.js';
import type { TotpKeys } from '../mfa/totp-secrets.js';
import type { Receiver } from '../transfer/account-page.js';
import { SessionEnding } from '../users/sessions/session-ending.js';
import { Users } from '../users/users.js';
import { operatorAs } from './operator.js';

/** What receives the accounts of an import, with the keys of the server. */
export function receiverIn(
  application: INestApplicationContext,
  secrets: readonly [string, ...string[]],
  as: string | undefined,
): Receiver {
  return {
    users: application.get(Users, { strict: false }),
    ending: application.get(SessionEnding, { strict: false }),
    operator: operatorAs(as),
    passwords: new Passwords(),
    keys: {
      marks: secrets.map((each) => deriveKey(each, 'imported account')) as unknown as MarkKeys,
      totp: totpKeys(secrets),
      codes: importedCodeKeys(secrets),
    },
  };
}

/** The keys that seal and open the secrets of authenticator apps. */
export const totpKeys = (secrets: readonly [string, ...string[]]): TotpKeys =>
  secrets.map((each) => deriveKey(each, 'sealed totp secret')) as unknown as TotpKeys;
