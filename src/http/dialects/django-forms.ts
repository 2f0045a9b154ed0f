import { z } from 'zod';
import type { FieldErrors } from '../../errors.js';
import { ownerIn } from '../../mail/links.js';
import { optionalCredentialField } from './credential-field.js';
import {
  errorsIn,
  charField,
  djangoForm,
  emailCharField,
  looseCharField,
  looseEmailField,
  keptAddress,
  optionalCharField,
  passwordCharField,
  deferred,
  sessionFields,
} from './django-fields.js';

const EMAIL = 'ada@example.com';
const PASSWORD = 'marble cactus orbit lantern';
const NEXT = 'Nine-quiet-herons-7';
const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiNDIifQ.c2lnbmF0dXJl';

export const obtain = djangoForm({ email: charField, password: passwordCharField, ...sessionFields })
  .transform(({ email, ...input }) => ({ ...input, email: keptAddress(email) }))
  .meta({ id: 'TokenObtain', examples: [{ email: EMAIL, password: PASSWORD }] });

export const login = djangoForm({
  username: looseCharField,
  email: looseEmailField,
  password: passwordCharField,
  ...sessionFields,
})
  .transform(({ email, password, remember, scope }, context) => {
    // Accounts have an address and no other name.
    if (!email) context.addIssue('Must include "email" and "password".');
    return { email: email ?? '', password, remember, scope };
  })
  .meta({ id: 'Login', examples: [{ email: EMAIL, password: PASSWORD }] });

/** Errors in the address or the repeated password are reported together with those of the password. */
export const registration = djangoForm({
  email: deferred(emailCharField),
  password1: deferred(passwordCharField),
  password2: deferred(passwordCharField),
  ...sessionFields,
})
  .transform(({ email, password1, password2, remember, scope }, context) => {
    const fieldErrors = errorsIn({ email, password1, password2 });
    if (fieldErrors.password1) refuse(context, fieldErrors);
    return {
      email: email.value,
      password: password1.value,
      confirmation: repetition(password2),
      fieldErrors,
      remember,
      scope,
    };
  })
  .meta({
    id: 'Register',
    required: ['email', 'password1', 'password2'],
    examples: [{ email: EMAIL, password1: PASSWORD, password2: PASSWORD }],
  });

/** Errors in the new password are reported together with a wrong old one. */
export const passwordChange = djangoForm({
  old_password: deferred(passwordCharField),
  new_password1: deferred(passwordCharField),
  new_password2: deferred(passwordCharField),
})
  .transform((body, context) => {
    const { old_password: old, new_password1: next, new_password2: again } = body;
    const fieldErrors = errorsIn(body);
    if (fieldErrors.old_password) refuse(context, fieldErrors);
    return { oldPassword: old.value, newPassword: next.value, confirmation: repetition(again), fieldErrors };
  })
  .meta({
    id: 'PasswordChange',
    required: ['old_password', 'new_password1', 'new_password2'],
    examples: [{ old_password: PASSWORD, new_password1: NEXT, new_password2: NEXT }],
  });

export const reauthentication = djangoForm({
  method: charField,
  password: passwordCharField.optional(),
  code: optionalCharField,
  credential: optionalCredentialField,
}).meta({ id: 'Reauthentication', examples: [{ method: 'password', password: PASSWORD }] });

export const verifyEmail = djangoForm({ key: charField }).meta({
  id: 'VerifyEmail',
  examples: [{ key: KEY }],
});

/** A request without an address gets the same response. */
export const resendEmail = djangoForm({ email: looseEmailField })
  .transform(({ email }) => ({ email: email || undefined }))
  .meta({ id: 'ResendEmailVerification', examples: [{ email: EMAIL }] });

export const emailChange = djangoForm({ new_email: emailCharField, password: passwordCharField })
  .transform((body) => ({ newEmail: body.new_email, password: body.password }))
  .meta({ id: 'EmailChange', examples: [{ new_email: 'ada@new.example', password: PASSWORD }] });

export const passwordReset = djangoForm({ email: emailCharField }).meta({
  id: 'PasswordReset',
  examples: [{ email: EMAIL }],
});

export const passwordResetConfirm = djangoForm({
  new_password1: passwordCharField,
  new_password2: passwordCharField,
  uid: charField,
  token: charField,
})
  .transform((body, context) => {
    const owner = ownerIn(body.uid);
    if (owner === undefined) refuse(context, { uid: ['Invalid value'] });
    return { owner, token: body.token, newPassword: body.new_password1, confirmation: body.new_password2 };
  })
  .meta({
    id: 'PasswordResetConfirm',
    examples: [{ new_password1: NEXT, new_password2: NEXT, uid: '16', token: KEY }],
  });

/** Empty if it is sent in the cookie. */
export const refresh = djangoForm({ refresh: optionalCharField })
  .transform(({ refresh }) => ({ refreshToken: refresh }))
  .meta({ id: 'TokenRefresh', examples: [{}, { refresh: TOKEN }] });

/** simplejwt's view, unlike ours, never reads the cookie. */
export const blacklisting = djangoForm({ refresh: charField })
  .transform(({ refresh }) => ({ refreshToken: refresh }))
  .meta({ id: 'TokenBlacklist', examples: [{ refresh: TOKEN }] });

/** Whatever is sent, the user wants to sign out: a value that is not a token counts as an invalid or missing token. */
export const logout = z
  .unknown()
  .transform((body): { refreshToken?: string } => {
    if (typeof body !== 'object' || body === null || !('refresh' in body) || body.refresh == null) return {};
    return { refreshToken: typeof body.refresh === 'string' ? body.refresh : '' };
  })
  .meta({
    id: 'Logout',
    type: 'object',
    properties: { refresh: { type: 'string' } },
    examples: [{}, { refresh: TOKEN }],
  });

export const verification = djangoForm({ token: charField }).meta({
  id: 'TokenVerify',
  examples: [{ token: TOKEN }],
});

/** dj-rest-auth's pk and email are read-only, so they are ignored. */
export const userDetails = djangoForm({})
  .transform(() => ({}))
  .meta({ id: 'UserDetailsChange', examples: [{}] });

export const deletion = djangoForm({ password: passwordCharField }).meta({
  id: 'AccountDeletion',
  examples: [{ password: PASSWORD }],
});

export const repetition = ({ value, wrong }: { value: string; wrong: string[] }): string | undefined =>
  wrong.length > 0 ? undefined : value;

export function refuse(context: z.RefinementCtx, fieldErrors: FieldErrors): void {
  for (const [field, messages] of Object.entries(fieldErrors))
    for (const message of messages) context.addIssue({ code: 'custom', message, path: [field] });
}
