import { expectTypeOf } from 'expect-type';
import type { operations } from './generated/django.js';
import type { Answers, Bodies, Refusals } from './shapes.js';
import type { SharedAnswers, SharedBodies } from './shared.js';

interface User {
  pk: number;
  email: string;
}

interface Jwt {
  access: string;
  refresh: string;
  user: User;
  access_expiration?: string;
  refresh_expiration?: string;
}

interface JwtAndCodes extends Jwt {
  recovery_codes?: string[];
}

interface SecondFactorNeeded {
  ephemeral_token: string;
  mfa_required: true;
  needs: 'second_factor_required' | 'second_factor_setup_required';
  methods: string[];
  expires_in: number;
}

interface Identity {
  id: string;
  provider: string;
  email: string | null;
  name: string | null;
  created_at: string;
  last_used_at: string | null;
}

interface SocialAccount {
  id: string;
  provider: string;
  uid: string;
  last_login: string;
  date_joined: string;
}

interface SocialReturn {
  code?: string;
  state?: string;
  iss?: string;
  code_verifier?: string;
  access_token?: string;
}

interface SocialProof extends SocialReturn {
  id_token?: string;
  nonce?: string;
  remember?: boolean;
  scope?: string;
}

interface Session {
  id: string;
  current: boolean;
  device: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
  device_bound: boolean;
}

interface Activity {
  id: string;
  at: string;
  event: string;
  outcome: 'success' | 'failure';
  count: number;
  methods: string[] | null;
  reason: string | null;
  session_id: string | null;
  device: string | null;
  ip: string | null;
  actor?: string;
}
interface Factor {
  id: string;
  type: 'totp' | 'passkey';
  name: string | null;
  created_at: string;
  last_used_at: string | null;
}
interface Factors {
  factors: Factor[];
  recovery_codes_left: number;
  has_password: boolean;
  required: boolean;
  trusted_devices: { id: string; name: string | null; created_at: string; expires_at: string }[];
  reset_at: string | null;
  reset_factor_id: string | null;
}
interface EndedSession {
  id: string;
  device: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
  ended_at: string;
  reason: string;
}

interface Registration {
  email: string;
  password1: string;
  password2: string;
  remember?: boolean;
  scope?: string;
}

interface SecondFactor {
  method?: string;
  ephemeral_token: string;
  code?: string;
  password?: string;
  credential?: { [key: string]: unknown };
  trust_device?: boolean;
}

interface Passkey {
  id: string;
  name: string;
  credential_id: string;
  created_at: string;
  last_used_at: string | null;
  transports: string[];
  discoverable: boolean;
}

interface NewPasskey extends Passkey {
  recovery_codes?: string[];
}

interface PasskeyLogin {
  credential: { [key: string]: unknown };
  session_id: string;
  remember?: boolean;
  scope?: string;
}

interface LoginOptions {
  method?: string;
  ephemeral_token?: string;
  username?: string;
  email?: string;
}

type Nothing = Record<string, never>;

type Failure =
  | {
      detail: string;
      code?: string;
      messages?: { token_class: string; token_type: string; message: string }[];
    }
  | { [field: string]: string[] };

// Every operation has its line: one more or less does not compile.
expectTypeOf<Omit<Bodies<operations>, keyof SharedBodies>>().toEqualTypeOf<{
  acceptInvitation: { key: string; password: string; email?: string; remember?: boolean; scope?: string };
  login: { username?: string; email?: string; password: string; remember?: boolean; scope?: string };
  obtainToken: { email: string; password: string; remember?: boolean; scope?: string };
  verifySecondFactor: SecondFactor;
  verifyMfa: SecondFactor;
  setUpLoginFactor: { method: string; ephemeral_token?: string };
  requestLoginCode: { email: string; remember?: boolean; scope?: string; ephemeral_token?: string };
  confirmLoginCode: { code?: string; key?: string; ephemeral_token?: string };
  showLoginCode: { key: string };
  requestIdentityCode: { email: string; ephemeral_token?: string };
  beginSocialLogin: { code_challenge?: string; remember?: boolean; scope?: string };
  socialLogin: SocialProof;
  beginSocialConnect: { code_challenge?: string; remember?: boolean; scope?: string };
  socialConnect: SocialReturn;
  confirmTotp: { code: string; name?: string };
  renameFactor: { name: string };
  activateTotp: { activation_token: string; code: string };
  deactivateTotp: { code: string };
  reauthenticate: {
    method: string;
    password?: string;
    code?: string;
    credential?: { [key: string]: unknown };
  };
  reauthenticationOptions: { method: string };
  loginOptions: LoginOptions;
  beginPasskeyLogin: LoginOptions;
  passkeyLogin: PasskeyLogin;
  completePasskeyLogin: PasskeyLogin;
  addPasskey: { credential: { [key: string]: unknown }; name?: string };
  completePasskeyRegistration: { credential: { [key: string]: unknown }; name?: string };
  renamePasskey: { name: string };
  replacePasskey: { name: string };
  unlockLogin: { key: string; email?: string };
  resendUnlock: { email: string };
  verifyToken: { token: string };
  blacklistToken: { refresh: string };
  register: Registration;
  signUp: Registration;
  verifyEmail: { key: string };
  resendEmail: { email?: string };
  changeEmail: { new_email: string; password: string };
  confirmEmailChange: { key: string };
  resetPassword: { email: string };
  confirmPasswordReset: { new_password1: string; new_password2: string; uid: string; token: string };
  updateUser: Nothing;
  replaceUser: Nothing;
  deleteUser: { password: string };
  deleteUserByPost: { password: string };
  changePassword: { old_password: string; new_password1: string; new_password2: string };
}>();

expectTypeOf<Omit<Answers<operations>, keyof SharedAnswers>>().toEqualTypeOf<{
  acceptInvitation: Jwt | SecondFactorNeeded;
  live: { status: 'ok' };
  ready: { status: 'ok' };
  jwks: { keys: { [key: string]: unknown }[] };
  login: Jwt | SecondFactorNeeded;
  logout: { detail: string };
  obtainToken: { access: string; refresh?: string } | SecondFactorNeeded;
  /** Nothing where `optional=true` was asked and nobody is signed in. */
  refreshToken:
    { access: string; refresh?: string; access_expiration?: string; refresh_expiration?: string } | undefined;
  verifyToken: Nothing;
  blacklistToken: Nothing;
  getSession: {
    user: { id: number };
    session: { id: string };
    roles: string[];
    scope: string;
    amr: string[];
    acr: 'aal1' | 'aal2';
    authenticated_at: string;
    expires_at: string;
    act?: { sub: string };
  };
  listSessions: Session[];
  verifySecondFactor: JwtAndCodes | SecondFactorNeeded;
  verifyMfa: JwtAndCodes | SecondFactorNeeded;
  setUpLoginFactor: { secret: string; uri: string };
  requestLoginCode: { detail: string; ephemeral_token?: string };
  confirmLoginCode: Jwt | SecondFactorNeeded;
  showLoginCode: { code: string };
  listProviders: { id: string; name: string }[];
  createProviderNonce: { nonce: string; expires_in: number };
  requestIdentityCode: { detail: string; ephemeral_token?: string };
  listIdentities: Identity[];
  removeIdentity: undefined;
  beginSocialLogin: { url: string };
  socialLogin: Jwt | SecondFactorNeeded;
  beginSocialConnect: { url: string };
  socialConnect: Jwt;
  listSocialAccounts: SocialAccount[];
  disconnectSocialAccount: SocialAccount;
  listFactors: Factors;
  setUpTotp: { secret: string; uri: string };
  confirmTotp: { factor: Factor; recovery_codes?: string[] };
  replaceRecoveryCodes: { recovery_codes: string[] };
  renameFactor: Factor;
  removeFactor: undefined;
  removeTrustedDevice: undefined;
  cancelFactorReset: undefined;
  mfaStatus: { mfa_enabled: boolean; created_at: string | null; last_used_at: string | null };
  beginTotpActivation: {
    secret: string;
    totp_url: string;
    qr_code_data_uri: string;
    activation_token: string;
  };
  activateTotp: { recovery_codes: string[] };
  deactivateTotp: { detail: string };
  listRecoveryCodes: { codes: string[]; codes_left: number };
  regenerateRecoveryCodes: { codes: string[] };
  reauthenticate: { access: string; refresh?: string };
  reauthenticationOptions: { [key: string]: unknown };
  loginOptions: { session_id?: string } & { [key: string]: unknown };
  beginPasskeyLogin: { session_id?: string } & { [key: string]: unknown };
  passkeyLogin: Jwt | SecondFactorNeeded;
  completePasskeyLogin: Jwt | SecondFactorNeeded;
  passkeyOptions: { [key: string]: unknown };
  beginPasskeyRegistration: { [key: string]: unknown };
  addPasskey: NewPasskey;
  completePasskeyRegistration: NewPasskey;
  listPasskeys: {
    rp_id: string;
    user_handle: string;
    passkeys: {
      id: string;
      name: string | null;
      credential_id: string;
      transports: string[];
      backed_up: boolean;
      created_at: string;
      last_used_at: string | null;
    }[];
  };
  listOwnPasskeys: Passkey[];
  getPasskey: Passkey;
  renamePasskey: Passkey;
  replacePasskey: Passkey;
  removePasskey: undefined;
  passkeyEndpoints: { enroll: string; manage: string };
  relatedOrigins: { origins: string[] };
  unlockLogin: undefined;
  resendUnlock: { detail: string };
  listActivity: Activity[];
  listEndedSessions: EndedSession[];
  endSession: undefined;
  endOtherSessions: undefined;
  register: Jwt | SecondFactorNeeded;
  signUp: Jwt | SecondFactorNeeded;
  verifyEmail: { detail: string };
  resendEmail: { detail: string };
  changeEmail: { detail: string };
  confirmEmailChange: { detail: string };
  resetPassword: { detail: string };
  confirmPasswordReset: { detail: string };
  getUser: User;
  updateUser: User;
  replaceUser: User;
  deleteUser: undefined;
  deleteUserByPost: undefined;
  changePassword: { detail: string };
}>();

// Signing out without a good token is told, though it is done.
expectTypeOf<Omit<Refusals<operations>, 'logout' | keyof SharedAnswers>>().toEqualTypeOf<{
  [O in Exclude<keyof operations, 'logout' | keyof SharedAnswers>]: Failure;
}>();
expectTypeOf<Refusals<operations>['logout']>().toEqualTypeOf<Failure | { detail: string }>();

// A browser refreshes without a body: the token is in its cookie.
expectTypeOf<operations['refreshToken']['requestBody']>().toEqualTypeOf<undefined>();
// Absent where the login lacks a step.
expectTypeOf<operations['login']['responses'][200]['headers']['Set-Cookie']>().toEqualTypeOf<
  string | undefined
>();
