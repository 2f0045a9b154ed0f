import { z } from 'zod';
import { list, oneOf, setting, text } from './setting.js';

/** `issuer` → `CORP_ISSUER`, for the provider `corp`. */
export const providerVariable = (id: string, option: string): string =>
  `${id}_${option.replace(/[A-Z]/g, (letter) => `_${letter}`)}`.replaceAll('-', '_').toUpperCase();

/** Not IDs of providers: `POST /auth/login` is something else. */
export const TAKEN_IDS: readonly string[] = [
  'login',
  'logout',
  'introspect',
  'keys',
  'reauthenticate',
  'registration',
  'revoke',
  'signup',
  'token',
];

/** The ID of a provider: part of paths, and of the names of its variables. */
const providerId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
    error: 'must be names like google or my-company, in lower case',
    abort: true,
  })
  .max(30, 'must be names of at most 30 characters')
  .refine((id) => !TAKEN_IDS.includes(id), `must not be ${TAKEN_IDS.join(', ')}, which are paths of the API`);

/** An address of a provider, without a trailing slash only if it was written without one: issuers are compared as texts. */
const issuerAddress = z
  .string()
  .trim()
  .refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, search, hash, username } = new URL(value);
    return /^https?:$/.test(protocol) && !search && !hash && !username;
  }, 'must be an address like https://login.example.com, without ? or #');

/** An address of a page, which a provider compares with what is registered there, so it stays as it was written. */
const pageAddress = z
  .string()
  .trim()
  .refine((value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, hash, username } = new URL(value);
    // Schemes of apps contain a dot. **Source** RFC 8252 §7.1.
    return /^(https?|[a-z][\w+-]*(\.[\w+-]+)+):$/i.test(protocol) && !hash && !username;
  }, 'must be an address like https://app.example.com/login/google, without #');

/** The settings of one provider: one row each, as in `options.ts`. Their variables begin with the ID of the provider. */
export const PROVIDER_OPTIONS = {
  clientId: setting({
    schema: text,
    unset: 'required',
    description: 'The client ID that the provider has given to your app.',
  }),
  clientSecret: setting({
    schema: text,
    isSecret: true,
    unset: 'required, except for `apple` and with AUTH_METHOD=none',
    description: 'The client secret that belongs to it.',
  }),
  teamId: setting({
    schema: text,
    unset: 'required for `apple`, and only used there',
    description: 'The Team ID of the developer account: 10 characters. `CLIENT_ID` is the Services ID.',
  }),
  keyId: setting({
    schema: text,
    unset: 'required for `apple`, and only used there',
    description: 'The ID of the key for Sign in with Apple.',
  }),
  privateKey: setting({
    schema: text,
    isSecret: true,
    unset: 'required for `apple`, and only used there',
    description:
      'That key, inline or the path of the `.p8` file. Client secrets are made with it, for five minutes each, so there is none that expires.',
  }),
  issuer: setting({
    schema: issuerAddress,
    unset: 'required, except for built-in providers',
    description:
      'The issuer of an OpenID provider, exactly as its discovery document contains it: Tokenjar reads `/.well-known/openid-configuration` below it when the provider is first used. For `github`, the address of GitHub Enterprise Server. Over http only on this machine and outside production.',
  }),
  name: setting({
    schema: text.max(60, 'must have at most 60 characters'),
    unset: 'its usual name, otherwise its ID',
    description: 'What buttons call the provider.',
  }),
  scopes: setting({
    schema: text.regex(
      /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
      'must be scopes separated by spaces',
    ),
    unset: 'what is needed for an address and a name',
    description:
      'The scopes that are requested, separated by spaces. With fewer, the provider may not give an address; then the user is asked for one.',
  }),
  nativeClientIds: setting({
    schema: list(text),
    unset: 'none',
    description:
      'Further client IDs of your apps at this provider, separated by commas: ID tokens that are issued to them, or to `CLIENT_ID`, are accepted at `POST /auth/providers/:provider/token`. Of Apple, also the bundle IDs that its notifications are for.',
  }),
  trustedAmr: setting({
    schema: list(text),
    unset: 'none',
    description:
      'Values of the claim `amr`, such as `mfa`: if an ID token of this provider contains one of them, the sign-in counts as one with two factors, and no second one is asked for. Only for providers whose sign-ins you rule.',
  }),
  callbackUrl: setting({
    schema: pageAddress,
    unset: 'the page cannot exchange codes itself',
    answersTo: 'callback_url',
    description:
      'For the Django dialects: the page of your frontend that the provider sends the browser to with the code, as the `callback_url` of a `SocialLoginView`. The page then sends the code to `POST /auth/<provider>/`. Register it at the provider; each provider needs its own.',
  }),
  authMethod: setting({
    schema: oneOf(['client_secret_basic', 'client_secret_post', 'none']),
    unset: 'what the provider supports',
    description:
      'How Tokenjar authenticates to the provider. `none`: as a public client, without a secret, by PKCE alone.',
  }),
};

/** Providers that need no issuer. */
export const BUILT_IN_PROVIDERS = ['google', 'apple', 'github', 'kakao', 'naver', 'microsoft'] as const;

const isBuiltIn = (id: string): boolean => (BUILT_IN_PROVIDERS as readonly string[]).includes(id);

const REQUIRED = 'is required for this provider of PROVIDERS';

/** In place of a client secret. */
const OF_APPLE = ['teamId', 'keyId', 'privateKey'] as const;

/** One provider: its ID, and its settings. */
export const providerSettings = z
  .object({ id: providerId, ...PROVIDER_OPTIONS })
  .superRefine((settings, context) => {
    const { id, clientId, clientSecret, issuer, authMethod } = settings;
    const isApple = id === 'apple';
    const report = (option: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [option] });
    if (clientId === undefined) report('clientId', REQUIRED);
    if (clientSecret === undefined && authMethod !== 'none' && !isApple) report('clientSecret', REQUIRED);
    if (issuer === undefined && !isBuiltIn(id)) report('issuer', REQUIRED);
    for (const option of OF_APPLE)
      if (isApple && settings[option] === undefined) report(option, REQUIRED);
      else if (!isApple && settings[option] !== undefined) report(option, 'is only for the provider apple');
    if (isApple && clientSecret !== undefined)
      report('clientSecret', 'is made from APPLE_PRIVATE_KEY: remove it');
  })
  .transform(({ clientId = '', ...settings }) => ({ ...settings, clientId }));

export type ProviderSettings = z.output<typeof providerSettings>;

/** Says why an issuer cannot be used; undefined if it can. */
export function issuerProblem(issuer: string | undefined, production: boolean): string | undefined {
  if (issuer === undefined || issuer.startsWith('https:')) return undefined;
  if (production) return 'must begin with https:// in production';
  const { hostname } = new URL(issuer);
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
    ? undefined
    : 'must begin with https://, except on this machine';
}

/** Pages of two providers, of which none could tell whose code it has. **Source** RFC 9700 §4.4. */
export const sharedPagesOf = (providers: readonly ProviderSettings[]): string[] =>
  providers.flatMap(({ id, callbackUrl }, at) =>
    callbackUrl !== undefined && providers.slice(0, at).some((other) => other.callbackUrl === callbackUrl)
      ? [`${providerVariable(id, 'callbackUrl')}: each provider needs a page of its own`]
      : [],
  );

/** All variables that a provider may have. */
export const variablesOf = (id: string): string[] =>
  Object.keys(PROVIDER_OPTIONS).map((option) => providerVariable(id, option));
