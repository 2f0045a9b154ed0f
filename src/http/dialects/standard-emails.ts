import { z } from 'zod';
import { emailField, passwordField, passwordIfAny, textField } from '../fields.js';
import type { Dialect, OperationForm } from './dialect.js';
import type { orPending } from './pending.js';

const EMAIL = 'ada@example.com';
const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';

/** A message for humans. It may change. */
export const detail = z.object({ detail: z.string() }).meta({ id: 'Detail' });

export const says = (sentence: string) => ({
  status: 200,
  shape: detail,
  gives: () => ({ detail: sentence }),
  description: sentence,
});

/** Any other value is an invalid link, not an invalid field. */
const key = textField(512);
export const keyForm = z.object({ key }).meta({ id: 'LoginCodeKey', examples: [{ key: KEY }] });
/** What a page has typed where nobody is known to have asked for the email; see decision 25. */
export const typedAddress = emailField
  .optional()
  .meta({ description: 'If given, the link only works if the email was sent to this address.' });
const emailedKeyForm = z
  .object({ key, email: typedAddress })
  .meta({ id: 'EmailKey', examples: [{ key: KEY }] });
export const addressForm = z
  .object({ email: emailField })
  .meta({ id: 'Address', examples: [{ email: EMAIL }] });

/** The operations that send emails, and those that their links use. */
export const emailOperations = {
  verifyEmail: { takes: emailedKeyForm, ...says('The address is verified.') },
  resendEmail: {
    takes: addressForm,
    ...says('If the address is waiting to be verified, an email is on its way.'),
  },
  changeEmail: {
    takes: z
      .object({ new_email: emailField, password: passwordIfAny })
      .transform((body) => ({ newEmail: body.new_email, password: body.password }))
      .meta({
        id: 'EmailChange',
        examples: [{ new_email: 'ada@new.example', password: 'marble cactus orbit lantern' }],
      }),
    ...says('An email with a link to confirm the change is on its way to the new address.'),
  },
  confirmEmailChange: { takes: emailedKeyForm, ...says('The address has been changed.') },
  resetPassword: {
    takes: addressForm,
    ...says('If the account exists and has an address, an email is on its way.'),
  },
  confirmPasswordReset: {
    takes: z
      .object({ token: key, new_password: passwordField })
      .transform((body) => ({ token: body.token, newPassword: body.new_password }))
      .meta({
        id: 'PasswordReset',
        examples: [{ token: KEY, new_password: 'a rather different set of words' }],
      }),
    ...says('The new password is set. Sign in with it.'),
  },
} satisfies Dialect['operations'];

type Registration = OperationForm<'register'>;

/** A registration whose address has to be verified first returns a message in place of tokens. */
export const registered = (
  sentence: string,
  { shape, gives, showsPending }: ReturnType<typeof orPending>,
): Pick<Registration, 'shapeFor' | 'gives' | 'showsPending'> => ({
  shapeFor: ({ emailVerification }) => (emailVerification === 'mandatory' ? detail : shape),
  gives: (result, options) => (result ? gives(result, options) : { detail: sentence }),
  showsPending,
});
