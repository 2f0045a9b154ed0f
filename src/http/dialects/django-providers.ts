import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { OperationName } from '../operations.js';
import type { SocialAccountFacts } from '../provider-payloads.js';
import type { Dialect, Problem } from './dialect.js';
import { djangoForm, looseCharField, optionalCharField, sessionFields } from './django-fields.js';
import { providerOperations } from './standard-providers.js';

const KEY = 'q3mJ0wq1Zk6o2c0b6m2y9A';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

const challengeField = optionalCharField.refine(
  (text) => text === undefined || /^[\w-]{43}$/.test(text),
  'Enter the SHA-256 digest of the verifier, in base64url.',
);
const start = djangoForm({
  code_challenge: challengeField.meta({
    type: 'string',
    description:
      'Binds the attempt to who has the `code_verifier`, by `S256`. Without it a cookie binds it to this browser.',
  }),
  ...sessionFields,
})
  .transform(({ code_challenge: codeChallenge, ...session }) => ({ codeChallenge, ...session }))
  .meta({ id: 'SocialStart', examples: [{}, { code_challenge: CHALLENGE }] });

const returned = {
  code: looseCharField,
  state: looseCharField,
  iss: looseCharField,
  code_verifier: looseCharField,
  access_token: looseCharField.meta({ type: 'string', deprecated: true, description: 'Never accepted.' }),
};
/** What has to come with a proof, so that it is good for one sign-in of one client. dj-rest-auth has neither. */
const WITH = { code: 'state', id_token: 'nonce' } as const;

/** As `SocialLoginSerializer` of dj-rest-auth takes it, from a form of blanks too. */
const formOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  djangoForm(shape).transform((body, context) => {
    const given = Object.fromEntries(
      Object.entries(body as Record<string, string | undefined>).filter(([, value]) => Boolean(value)),
    );
    const proof = (['id_token', 'code'] as const).find((each) => each in given);
    if (!proof && !('access_token' in given))
      context.addIssue('Incorrect input. access_token or code is required.');
    else if (proof && !(WITH[proof] in given))
      context.addIssue({ code: 'custom', message: 'This field is required.', path: [WITH[proof]] });
    return {
      accessToken: given.access_token,
      code: given.code,
      state: given.state,
      iss: given.iss,
      codeVerifier: given.code_verifier,
      idToken: given.id_token,
      nonce: given.nonce,
      remember: (body as { remember?: boolean }).remember,
      scope: given.scope,
    };
  });

export const socialReturn = formOf(returned).meta({
  id: 'SocialConnect',
  examples: [{ code: KEY, state: KEY }],
});
export const socialLogin = formOf({
  ...returned,
  id_token: looseCharField,
  nonce: looseCharField.meta({
    type: 'string',
    description: 'Of `POST /providers/{provider}/nonce`, for an ID token.',
  }),
  remember: sessionFields.remember.meta({ type: 'boolean', description: 'With an ID token.' }),
  scope: sessionFields.scope,
}).meta({ id: 'SocialLogin', examples: [{ code: KEY, state: KEY }] });

const account = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    uid: z.string(),
    last_login: z.iso.datetime(),
    date_joined: z.iso.datetime(),
  })
  .meta({ id: 'SocialAccount' });
const showAccount = (facts: SocialAccountFacts): z.infer<typeof account> => ({
  id: facts.id,
  provider: facts.provider,
  uid: facts.subject,
  last_login: (facts.lastUsedAt ?? facts.createdAt).toISOString(),
  date_joined: facts.createdAt.toISOString(),
});

const address = {
  ...providerOperations.startProvider,
  takes: start,
  description:
    'Send the browser to `url` within ten minutes. The provider sends it to `…_CALLBACK_URL` with `code` and `state`, and `iss` if it has one: send them all.',
};

/** The social endpoints of dj-rest-auth, but for those that answer as a login, and the address that comes before. */
export const djangoProviderOperations = {
  // A login that lacks a step is in the body, where a redirect cannot carry it: the page takes the code instead.
  listProviders: providerOperations.listProviders,
  createProviderNonce: providerOperations.createProviderNonce,
  listIdentities: providerOperations.listIdentities,
  removeIdentity: providerOperations.removeIdentity,
  beginSocialLogin: address,
  beginSocialConnect: address,
  listSocialAccounts: {
    status: 200,
    shape: z.array(account),
    gives: (accounts) => accounts.map(showAccount),
    description: 'The oldest first.',
  },
  disconnectSocialAccount: {
    status: 200,
    shape: account,
    gives: showAccount,
    description: 'It is unlinked.',
  },
} satisfies Dialect['operations'];

type Reworded = [status: number, body: object];

const SOCIAL: readonly OperationName[] = ['socialLogin', 'socialConnect', 'idTokenLogin'];
const inForm = (...texts: string[]): Reworded => [400, { non_field_errors: texts }];

/** A failure about providers in the words of dj-rest-auth and allauth, or about what there is not; undefined for others. */
export function rewordProviders(
  { code, detail, errors, pending }: Problem,
  operation: OperationName | undefined,
): Reworded | undefined {
  const isSocial = operation !== undefined && SOCIAL.includes(operation);
  switch (code satisfies ErrorCode) {
    case 'provider_refused':
      return inForm(errors?.id_token ? 'Incorrect value' : 'Failed to exchange code for access token');
    case 'email_required':
      return [400, { detail, code, ...(pending && { ephemeral_token: pending.loginToken }) }];
    case 'account_exists':
      return isSocial
        ? inForm('User is already registered with this e-mail address.')
        : [409, { detail, code }];
    case 'identity_taken':
      return inForm('The third-party account is already connected to a different account.');
    case 'last_sign_in_method':
      return inForm('Your account has no password set up.');
    case 'user_inactive':
      return operation === 'socialLogin' || operation === 'idTokenLogin'
        ? inForm('User account is disabled.')
        : undefined;
    case 'not_found':
    case 'session_not_found':
    case 'provider_not_found':
    case 'identity_not_found':
      return [404, { detail: 'Not found.' }];
    case 'login_expired':
      if (operation === 'socialLogin' || operation === 'idTokenLogin')
        return [400, { nonce: ['Invalid or expired nonce.'] }];
      return operation === 'socialConnect' || operation === 'requestIdentityCode'
        ? [401, { detail, code }]
        : undefined;
    case 'code_wrong':
      return [400, { code: ['Invalid code.'] }];
    default:
      return undefined;
  }
}
