import { expectTypeOf } from 'expect-type';
import type { operations } from './generated/standard.js';
import type { Answers, Bodies, Refusals } from './shapes.js';
import type { SharedAnswers, SharedBodies } from './shared.js';

interface Tokens {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token?: string;
}

interface User {
  id: number;
  email: string;
  email_verified: boolean;
  roles: string[];
  locale: string | null;
  created_at: string;
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

interface TokensAndUser extends Tokens {
  user: User;
}

interface TokensAndCodes extends TokensAndUser {
  recovery_codes?: string[];
}

interface Credentials {
  email: string;
  password: string;
  remember?: boolean;
  scope?: string;
}

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { [field: string]: string[] };
  methods?: string[];
  expires_in?: number;
  login_token?: string;
  max_age?: number;
  acr_values?: string;
}

interface PendingRegistration {
  code: 'second_factor_required' | 'second_factor_setup_required';
  methods: string[];
  expires_in: number;
  login_token?: string;
}

// Every operation has its line: one more or less does not compile.
expectTypeOf<Omit<Bodies<operations>, keyof SharedBodies>>().toEqualTypeOf<{
  acceptInvitation: { key: string; password: string; email?: string; remember?: boolean; scope?: string };
  login: Credentials;
  obtainToken: Credentials;
  verifySecondFactor: {
    method: string;
    code?: string;
    password?: string;
    credential?: { [key: string]: unknown };
    trust_device?: boolean;
    login_token?: string;
  };
  showPendingLogin: { login_token?: string };
  requestLoginCode: { email: string; remember?: boolean; scope?: string; login_token?: string };
  confirmLoginCode: { code?: string; key?: string; login_token?: string };
  showLoginCode: { key: string };
  setUpLoginFactor: { method: string; login_token?: string };
  confirmTotp: { code: string; name?: string };
  renameFactor: { name: string };
  reauthenticate: {
    method: string;
    password?: string;
    code?: string;
    credential?: { [key: string]: unknown };
    login_token?: string;
  };
  reauthenticationOptions: { method: string };
  loginOptions: { method: string; login_token?: string };
  passkeyLogin: {
    credential: { [key: string]: unknown };
    remember?: boolean;
    scope?: string;
    login_token?: string;
  };
  addPasskey: { credential: { [key: string]: unknown }; name?: string };
  requestIdentityCode: { email: string; login_token?: string };
  idTokenLogin: { id_token: string; nonce: string; remember?: boolean; scope?: string };
  providerCodeLogin: { code: string; code_verifier: string };
  providerNotification: { payload: string };
  startProvider: {
    return_to: string;
    purpose: 'login' | 'link' | 'reauthenticate';
    remember?: boolean;
    scope?: string;
    code_challenge?: string;
  };
  unlockLogin: { key: string; email?: string };
  resendUnlock: { email: string };
  verifyToken: { token: string };
  blacklistToken: { refresh_token?: string; refresh?: string };
  register: Credentials;
  signUp: Credentials;
  verifyEmail: { key: string; email?: string };
  resendEmail: { email: string };
  changeEmail: { new_email: string; password?: string };
  confirmEmailChange: { key: string; email?: string };
  resetPassword: { email: string };
  confirmPasswordReset: { token: string; new_password: string };
  updateUser: { locale?: string | null };
  deleteUser: { password?: string };
  deleteUserByPost: { password?: string };
  changePassword: { old_password: string; new_password: string };
}>();

expectTypeOf<Omit<Answers<operations>, keyof SharedAnswers>>().toEqualTypeOf<{
  acceptInvitation: TokensAndUser;
  live: { status: 'ok' };
  ready: { status: 'ok' };
  jwks: { keys: { [key: string]: unknown }[] };
  login: TokensAndUser;
  logout: undefined;
  obtainToken: Tokens;
  /** Nothing where `optional=true` was asked and nobody is signed in. */
  refreshToken: TokensAndUser | undefined;
  verifyToken: { token_type: 'access' | 'refresh'; expires_at: string };
  blacklistToken: undefined;
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
  verifySecondFactor: TokensAndCodes;
  showPendingLogin: {
    code: 'second_factor_required' | 'second_factor_setup_required';
    methods: string[];
    expires_in: number;
  };
  requestLoginCode: { detail: string; login_token?: string };
  confirmLoginCode: TokensAndUser;
  showLoginCode: { code: string };
  setUpLoginFactor: { secret: string; uri: string };
  listFactors: Factors;
  setUpTotp: { secret: string; uri: string };
  confirmTotp: { factor: Factor; recovery_codes?: string[] };
  replaceRecoveryCodes: { recovery_codes: string[] };
  renameFactor: Factor;
  removeFactor: undefined;
  removeTrustedDevice: undefined;
  cancelFactorReset: undefined;
  listProviders: { id: string; name: string }[];
  startProvider: { url: string };
  providerCallback: undefined;
  providerFormPost: undefined;
  requestIdentityCode: { detail: string; login_token?: string };
  createProviderNonce: { nonce: string; expires_in: number };
  idTokenLogin: TokensAndUser;
  providerCodeLogin: TokensAndUser;
  providerNotification: undefined;
  listIdentities: {
    id: string;
    provider: string;
    email: string | null;
    name: string | null;
    created_at: string;
    last_used_at: string | null;
  }[];
  removeIdentity: undefined;
  reauthenticate: Tokens;
  reauthenticationOptions: { public_key: { [key: string]: unknown } };
  loginOptions: { public_key: { [key: string]: unknown }; login_token?: string };
  passkeyLogin: TokensAndUser;
  passkeyOptions: { public_key: { [key: string]: unknown } };
  addPasskey: { factor: Factor; recovery_codes?: string[] };
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
  passkeyEndpoints: { enroll: string; manage: string };
  relatedOrigins: { origins: string[] };
  unlockLogin: undefined;
  resendUnlock: { detail: string };
  listActivity: Activity[];
  listEndedSessions: EndedSession[];
  endSession: undefined;
  endOtherSessions: undefined;
  register: TokensAndUser | PendingRegistration;
  signUp: TokensAndUser | PendingRegistration;
  verifyEmail: { detail: string };
  resendEmail: { detail: string };
  changeEmail: { detail: string };
  confirmEmailChange: { detail: string };
  resetPassword: { detail: string };
  confirmPasswordReset: { detail: string };
  getUser: User;
  updateUser: User;
  deleteUser: undefined;
  deleteUserByPost: undefined;
  changePassword: Tokens;
}>();

expectTypeOf<Pick<Bodies<operations>, keyof SharedBodies>>().toEqualTypeOf<SharedBodies>();
expectTypeOf<Pick<Answers<operations>, keyof SharedAnswers>>().toEqualTypeOf<SharedAnswers>();

expectTypeOf<Refusals<operations>>().toEqualTypeOf<{ [O in keyof operations]: Problem }>();

// A browser refreshes without a body: the token is in its cookie.
expectTypeOf<operations['refreshToken']['requestBody']>().toEqualTypeOf<undefined>();
expectTypeOf<operations['endSession']['parameters']['path']>().toEqualTypeOf<{ id: string }>();
expectTypeOf<operations['listSessions']['parameters']['query']>().toEqualTypeOf<
  { limit?: number; cursor?: string } | undefined
>();
expectTypeOf<operations['refreshToken']['responses'][503]['headers']['Retry-After']>().toBeNumber();
expectTypeOf<operations['login']['responses'][200]['headers']['Set-Cookie']>().toBeString();
