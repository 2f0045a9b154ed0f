import { z } from 'zod';
import type { OperationName } from '../operations.js';
import type { PasskeyFacts, PublicKeyOptions } from '../passkey-payloads.js';
import type { Dialect } from './dialect.js';
import { charField, djangoForm, looseCharField, sessionFields } from './django-fields.js';
import { credentialField as credential } from './credential-field.js';
import { ASSERTION_EXAMPLE, NEW_CREDENTIAL_EXAMPLE, passkeyOperations } from './standard-passkeys.js';

const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';

const LONGEST_NAME = 100;
const isShort = (text: string | undefined): boolean => (text?.length ?? 0) <= LONGEST_NAME;
const TOO_LONG = `Ensure this field has no more than ${LONGEST_NAME} characters.`;
/** It may be blank: it is then that of the authenticator. */
const looseName = looseCharField.refine(isShort, TOO_LONG).transform((text) => text || undefined);
const name = charField.refine(isShort, TOO_LONG);

const raw = z.record(z.string(), z.unknown()).meta({ id: 'PublicKeyOptions' });
const withSession = z.looseObject({ session_id: z.string().optional() }).meta({ id: 'PasskeyLoginOptions' });

const passkey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    credential_id: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
    transports: z.array(z.string()),
    discoverable: z.boolean(),
  })
  .meta({ id: 'PasskeyDetails' });
const showPasskey = (facts: PasskeyFacts): z.infer<typeof passkey> => ({
  id: facts.id,
  name: facts.name ?? 'Passkey',
  credential_id: facts.credentialId,
  created_at: facts.createdAt.toISOString(),
  last_used_at: facts.lastUsedAt?.toISOString() ?? null,
  transports: [...facts.transports],
  discoverable: facts.isDiscoverable ?? false,
});
const added = passkey.extend({ recovery_codes: z.array(z.string()).optional() }).meta({ id: 'AddedPasskey' });

/** The address, which dj-rest-auth takes here, is not looked at: a list of credentials would tell who has an account. */
const loginOptions = djangoForm({
  method: looseCharField,
  ephemeral_token: looseCharField,
  username: looseCharField,
  email: looseCharField,
})
  .transform(({ method, ephemeral_token: token }) => ({
    method: method || 'passkey',
    loginToken: token || undefined,
  }))
  .meta({ id: 'PasskeyLoginBegin', examples: [{}] });

export const passkeyLogin = djangoForm({ credential, session_id: charField, ...sessionFields })
  .transform(({ session_id: loginToken, ...input }) => ({ ...input, loginToken }))
  .meta({ id: 'PasskeyLogin', examples: [{ credential: ASSERTION_EXAMPLE, session_id: KEY }] });

/** The passkeys of dj-rest-auth, but for `passkeyLogin`, which answers as a login. */
export const djangoPasskeyOperations = {
  loginOptions: {
    takes: loginOptions,
    status: 200,
    shape: withSession,
    gives: ({ publicKey, loginToken }: PublicKeyOptions) => ({
      ...publicKey,
      ...(loginToken !== undefined && { session_id: loginToken }),
    }),
    description:
      'With the `ephemeral_token` of a login, of its account; otherwise for any passkey, whatever address is sent. They work once, for five minutes.',
  },
  reauthenticationOptions: {
    takes: djangoForm({ method: charField }).meta({
      id: 'ReauthenticationOptions',
      examples: [{ method: 'passkey' }],
    }),
    status: 200,
    shape: raw,
    gives: ({ publicKey }) => publicKey,
    description: 'They work once, for five minutes, in this session.',
  },
  passkeyOptions: {
    status: 200,
    shape: raw,
    gives: ({ publicKey }) => publicKey,
    description: 'They work once, for five minutes, in this session.',
  },
  addPasskey: {
    takes: djangoForm({ credential, name: looseName }).meta({
      id: 'PasskeyRegisterComplete',
      examples: [{ credential: NEW_CREDENTIAL_EXAMPLE, name: 'My phone' }],
    }),
    status: 201,
    shape: added,
    gives: ({ passkey: facts, recoveryCodes }) => ({
      ...showPasskey(facts),
      ...(recoveryCodes && { recovery_codes: [...recoveryCodes] }),
    }),
    description: 'The passkey was added. With the first second factor, recovery codes come, once.',
  },
  // The bare list of dj-rest-auth has no place for what the browser has to be told.
  listPasskeys: passkeyOperations.listPasskeys,
  listOwnPasskeys: {
    status: 200,
    shape: z.array(passkey),
    gives: (passkeys) => passkeys.map(showPasskey),
    description: 'Newest first.',
  },
  getPasskey: { status: 200, shape: passkey, gives: showPasskey, description: 'A passkey of yours.' },
  renamePasskey: {
    takes: djangoForm({ name }).meta({ id: 'PasskeyName', examples: [{ name: 'My phone' }] }),
    status: 200,
    shape: passkey,
    gives: showPasskey,
    description: 'The passkey has the new name.',
  },
  removePasskey: { status: 204, description: 'The passkey is removed.' },
} satisfies Dialect['operations'];

/** dj-rest-auth tells a passkey that is unknown from one that is wrong; here nobody is told which ones there are. */
export function refusedPasskey(operation: OperationName | undefined): object {
  if (operation === 'addPasskey') return { non_field_errors: ['Registration verification failed.'] };
  const texts = ['Authentication verification failed.'];
  return operation === 'verifySecondFactor' ? { credential: texts } : { non_field_errors: texts };
}
