import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { emailField, localeField, passwordField, sessionFields, usernameField } from '../fields.js';
import type { Credentials, Named } from '../payloads.js';
import { bySignInWith } from './dialect.js';
import { addressForm } from './standard-emails.js';

const EMAIL = 'ada@example.com';
const PASSWORD = 'marble cactus orbit lantern';

export const credentials = z
  .object({ email: emailField, password: passwordField, ...sessionFields })
  .meta({ id: 'Credentials', examples: [{ email: EMAIL, password: PASSWORD }] });
const NAME = 'ada';
/** Either name, of accounts that have both. */
const eitherName = { email: emailField.optional(), username: usernameField.optional() };
export const demandName = (body: { email?: unknown; username?: unknown }, context: z.RefinementCtx): void => {
  if (body.email === undefined && body.username === undefined)
    for (const field of ['email', 'username'])
      context.addIssue({ code: 'custom', message: 'This field or the other is required.', path: [field] });
};
export const credentialsFor = bySignInWith<Credentials>({
  email: credentials,
  username: z
    .object({ username: usernameField, password: passwordField, ...sessionFields })
    .meta({ id: 'Credentials', examples: [{ username: NAME, password: PASSWORD }] }),
  both: z
    .object({ ...eitherName, password: passwordField, ...sessionFields })
    .superRefine(demandName)
    .meta({ id: 'Credentials', examples: [{ username: NAME, password: PASSWORD }] }),
});
/** Whose password is forgotten: mail goes to the address, whatever the name. */
const accountName = z
  .object(eitherName)
  .superRefine(demandName)
  .meta({ id: 'AccountName', examples: [{ username: NAME }] });
export const accountNameFor = bySignInWith<Named>({
  email: addressForm,
  username: accountName,
  both: accountName,
});
const NEW_ACCOUNT = {
  id: 'NewAccount',
  examples: [{ username: NAME, email: EMAIL, password: PASSWORD }],
};
const withAddress = { email: emailField, password: passwordField, ...sessionFields };
const unverifiedAccountFor = bySignInWith<Credentials>({
  email: credentials,
  username: z
    .object({ username: usernameField, ...withAddress, email: emailField.optional() })
    .meta(NEW_ACCOUNT),
  both: z
    .object({ ...withAddress, ...eitherName })
    .superRefine(demandName)
    .meta(NEW_ACCOUNT),
});
/** An address that has to be verified has to be there. */
const verifiedAccountFor = bySignInWith<Credentials>({
  email: credentials,
  username: z.object({ username: usernameField, ...withAddress }).meta(NEW_ACCOUNT),
  both: z.object({ ...withAddress, username: usernameField.optional() }).meta(NEW_ACCOUNT),
});

/** A new account, with the names that its user signs in with. */
export const newAccountFor = (options: Options): z.ZodType<Credentials> =>
  (options.emailVerification === 'mandatory' ? verifiedAccountFor : unverifiedAccountFor)(options);

export const profile = z
  .object({ locale: localeField.nullable().optional() })
  .meta({ id: 'Profile', examples: [{ locale: 'en' }] });
const profileWithName = z
  .object({ locale: localeField.nullable().optional(), username: usernameField.optional() })
  .meta({ id: 'Profile', examples: [{ locale: 'en', username: NAME }] });
export const profileFor = ({ signInWith }: Options) => (signInWith === 'email' ? profile : profileWithName);
