import { z } from 'zod';
import type { Options } from '../../config/options.js';
import { shownUserId, shownUsername } from '../fields.js';
import type { Credentials, Named, NewAccount, UserFacts } from '../payloads.js';
import { shownIdOf } from '../../user-id.js';
import { bySignInWith } from './dialect.js';
import {
  charField,
  deferred,
  djangoForm,
  emailCharField,
  errorsIn,
  looseCharField,
  looseEmailField,
  optionalEmailField,
  passwordCharField,
  sessionFields,
  usernameCharField,
} from './django-fields.js';
import * as forms from './django-forms.js';

export const user = z
  .object({ pk: shownUserId, username: shownUsername, email: z.string() })
  .meta({ id: 'UserDetails' });
/** Django writes an empty text for none. */
export const showUser = (facts: UserFacts, options: Options) => ({
  ...facts.fieldsOfHost,
  pk: shownIdOf(facts, options),
  ...(options.signInWith !== 'email' && { username: facts.username ?? '' }),
  email: facts.email ?? '',
});

const NAME = 'ada';
const EMAIL = 'ada@example.com';
const PASSWORD = 'marble cactus orbit lantern';

/** simplejwt names the field as Django's `USERNAME_FIELD`; where both sign in, it takes both. */
const obtain = djangoForm({ username: charField, password: passwordCharField, ...sessionFields }).meta({
  id: 'TokenObtain',
  examples: [{ username: NAME, password: PASSWORD }],
});
export const obtainFor = bySignInWith<Credentials>({ email: forms.obtain, username: obtain, both: obtain });

const LOGIN = { id: 'Login', examples: [{ username: NAME, password: PASSWORD }] };
const loginFields = {
  username: looseCharField,
  email: looseEmailField,
  password: passwordCharField,
  ...sessionFields,
};
/** **Source** dj-rest-auth 7, LoginSerializer: the address counts where both are sent. */
export const loginFor = bySignInWith<Credentials>({
  email: forms.login,
  username: djangoForm(loginFields)
    .transform(({ username, password, remember, scope }, context) => {
      if (!username) context.addIssue('Must include "username" and "password".');
      return { username: username ?? '', password, remember, scope };
    })
    .meta(LOGIN),
  both: djangoForm(loginFields)
    .transform(({ email, username, password, remember, scope }, context) => {
      if (!email && !username) context.addIssue('Must include either "username" or "email" and "password".');
      return { ...(email ? { email } : { username: username ?? '' }), password, remember, scope };
    })
    .meta(LOGIN),
});

/** dj-rest-auth knows the address alone; where users sign in with a name, many remember no other. */
const namedReset = djangoForm({ username: looseCharField, email: deferred(emailCharField) })
  .transform(({ username, email }, context): Named => {
    if (username) return { username };
    forms.refuse(context, errorsIn({ email }));
    return { email: email.value };
  })
  .meta({ id: 'PasswordReset', examples: [{ username: NAME }, { email: EMAIL }] });
export const passwordResetFor = bySignInWith<Named>({
  email: forms.passwordReset,
  username: namedReset,
  both: namedReset,
});

/** allauth demands the username wherever users sign in with one, and the address only where it is verified first. */
const registrationWith = (email: typeof emailCharField) =>
  djangoForm({
    username: deferred(usernameCharField),
    email: deferred(email),
    password1: deferred(passwordCharField),
    password2: deferred(passwordCharField),
    ...sessionFields,
  })
    .transform(({ username, email, password1, password2, remember, scope }, context): NewAccount => {
      const fieldErrors = errorsIn({ username, email, password1, password2 });
      if (fieldErrors.password1) forms.refuse(context, fieldErrors);
      return {
        username: username.value,
        email: email.value || undefined,
        password: password1.value,
        confirmation: forms.repetition(password2),
        fieldErrors,
        remember,
        scope,
      };
    })
    .meta({
      id: 'Register',
      required: ['username', ...(email === emailCharField ? ['email'] : []), 'password1', 'password2'],
      examples: [{ username: NAME, email: EMAIL, password1: PASSWORD, password2: PASSWORD }],
    });
const withAddress = registrationWith(emailCharField);
const withoutAddress = registrationWith(optionalEmailField);
export const registrationFor = ({ signInWith, emailVerification }: Options): z.ZodType<NewAccount> => {
  if (signInWith === 'email') return forms.registration;
  return emailVerification === 'mandatory' ? withAddress : withoutAddress;
};

const userDetails = djangoForm({ username: usernameCharField.optional() })
  .transform(({ username }) => (username === undefined ? {} : { username }))
  .meta({ id: 'UserDetailsChange', examples: [{ username: NAME }] });
export const userDetailsFor = ({ signInWith }: Options): z.ZodType<{ username?: string }> =>
  signInWith === 'email' ? forms.userDetails : userDetails;
