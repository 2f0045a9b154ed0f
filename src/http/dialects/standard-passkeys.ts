import { z } from 'zod';
import { sessionFields, textField } from '../fields.js';
import type { PasskeyFacts, PublicKeyOptions } from '../passkey-payloads.js';
import type { Options } from '../../config/options.js';
import { credentialField } from './credential-field.js';
import type { Dialect } from './dialect.js';
import { setUpFactor, showSetUpFactor } from './standard-factors.js';

const CREDENTIAL_ID = 'mcNwbBmnXhYsnDDzCgLhBWyIvFJZKlAFH4zqMrk0jyo';
const CLIENT_DATA = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0';

export const NEW_CREDENTIAL_EXAMPLE = {
  id: CREDENTIAL_ID,
  rawId: CREDENTIAL_ID,
  type: 'public-key',
  response: { clientDataJSON: CLIENT_DATA, attestationObject: 'o2NmbXRkbm9uZQ', transports: ['internal'] },
  clientExtensionResults: { credProps: { rk: true } },
};
export const ASSERTION_EXAMPLE = {
  id: CREDENTIAL_ID,
  rawId: CREDENTIAL_ID,
  type: 'public-key',
  response: { clientDataJSON: CLIENT_DATA, authenticatorData: 'SZYN5YgOjGh0NBc', signature: 'MEUCIQDq' },
  clientExtensionResults: {},
};

const loginToken = textField(512).optional();
export const passkeyName = textField(100);

const publicKeyField = z.record(z.string(), z.unknown()).meta({
  description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()` or `parseCreationOptionsFromJSON()`.',
});
const creation = z.object({ public_key: publicKeyField }).meta({ id: 'PublicKey' });
const options = z
  .object({
    public_key: publicKeyField,
    login_token: z.string().optional().meta({
      description: 'Send it back with the credential. Only with `REFRESH_TOKEN_IN=body` or `both`.',
    }),
  })
  .meta({ id: 'PasskeyOptions' });
const showOptions = (
  { publicKey, loginToken: token }: PublicKeyOptions,
  { refreshTokenIn }: Options,
): z.infer<typeof options> => ({
  public_key: publicKey,
  ...(refreshTokenIn !== 'cookie' && token !== undefined && { login_token: token }),
});

const passkey = z
  .object({
    id: z.uuid().meta({ description: 'ID of the factor.' }),
    name: z.string().nullable(),
    credential_id: z.string(),
    transports: z.array(z.string()),
    backed_up: z.boolean().meta({ description: 'Whether it is synced to other devices.' }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Passkey' });
const showPasskey = (facts: PasskeyFacts): z.infer<typeof passkey> => ({
  id: facts.id,
  name: facts.name,
  credential_id: facts.credentialId,
  transports: [...facts.transports],
  backed_up: facts.isBackedUp,
  created_at: facts.createdAt.toISOString(),
  last_used_at: facts.lastUsedAt?.toISOString() ?? null,
});
const passkeys = z
  .object({
    rp_id: z.string(),
    user_handle: z.string().meta({ description: 'The `userId` of the signals of WebAuthn.' }),
    passkeys: z.array(passkey),
  })
  .meta({ id: 'Passkeys' });

const loginOptionsForm = z
  .object({ method: textField(40), login_token: loginToken })
  .transform(({ method, login_token: token }) => ({ method, loginToken: token }))
  .meta({ id: 'LoginOptions', examples: [{ method: 'passkey' }] });
export const passkeyLoginForm = z
  .object({ credential: credentialField, ...sessionFields, login_token: loginToken })
  .transform(({ login_token: token, ...input }) => ({ ...input, loginToken: token }))
  .meta({ id: 'PasskeyLogin', examples: [{ credential: ASSERTION_EXAMPLE }] });

/** The operations of passkeys; `passkeyLogin` answers as a login. */
export const passkeyOperations = {
  loginOptions: {
    takes: loginOptionsForm,
    status: 200,
    shape: options,
    gives: showOptions,
    description:
      'If a login lacks a step, of its account; otherwise for any passkey, for conditional UI or a button. They work once, for five minutes.',
  },
  reauthenticationOptions: {
    takes: z
      .object({ method: textField(40) })
      .meta({ id: 'ReauthenticationOptions', examples: [{ method: 'passkey' }] }),
    status: 200,
    shape: creation,
    gives: ({ publicKey }) => ({ public_key: publicKey }),
    description: 'For `POST /reauthenticate`. They work once, for five minutes, in this session.',
  },
  passkeyOptions: {
    status: 200,
    shape: creation,
    gives: ({ publicKey }) => ({ public_key: publicKey }),
    description: 'They work once, for five minutes, in this session.',
  },
  addPasskey: {
    takes: z
      .object({ credential: credentialField, name: passkeyName.optional() })
      .meta({ id: 'NewPasskey', examples: [{ credential: NEW_CREDENTIAL_EXAMPLE, name: 'My phone' }] }),
    status: 201,
    shape: setUpFactor,
    gives: showSetUpFactor,
    description:
      'The passkey was added; without a `name` it has that of its authenticator, if it is known. Your other sessions have ended.',
  },
  listPasskeys: {
    status: 200,
    shape: passkeys,
    gives: ({ rpId, userHandle, passkeys: all }) => ({
      rp_id: rpId,
      user_handle: userHandle,
      passkeys: all.map(showPasskey),
    }),
    description:
      'Newest first. For `PublicKeyCredential.signalAllAcceptedCredentials({ rpId, userId, allAcceptedCredentialIds })`, so that browsers do not offer removed passkeys.',
  },
} satisfies Dialect['operations'];
