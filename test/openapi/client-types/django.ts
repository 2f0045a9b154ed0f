import { expectTypeOf } from 'expect-type';
import type { operations } from './generated/django.js';
import type { Answers, Bodies, Refusals } from './shapes.js';

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

interface Session {
  id: string;
  current: boolean;
  device: string | null;
  ip: string | null;
  created_at: string;
  last_used_at: string;
}

interface Activity {
  id: string;
  at: string;
  event: string;
  outcome: 'success' | 'failure';
  count: number;
  reason: string | null;
  session_id: string | null;
  device: string | null;
  ip: string | null;
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
expectTypeOf<Bodies<operations>>().toEqualTypeOf<{
  login: { username?: string; email?: string; password: string; remember?: boolean };
  obtainToken: { email: string; password: string; remember?: boolean };
  unlockLogin: { key: string };
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

expectTypeOf<Answers<operations>>().toEqualTypeOf<{
  live: { status: 'ok' };
  ready: { status: 'ok' };
  jwks: { keys: { [key: string]: unknown }[] };
  login: Jwt;
  logout: { detail: string };
  obtainToken: { access: string; refresh?: string };
  /** Nothing where `optional=true` was asked and nobody is signed in. */
  refreshToken:
    { access: string; refresh?: string; access_expiration?: string; refresh_expiration?: string } | undefined;
  verifyToken: Nothing;
  blacklistToken: Nothing;
  getSession: {
    user: { id: number };
    session: { id: string };
    roles: string[];
    amr: string[];
    acr: 'aal1' | 'aal2';
    authenticated_at: string;
    expires_at: string;
  };
  listSessions: Session[];
  unlockLogin: undefined;
  resendUnlock: { detail: string };
  listActivity: Activity[];
  listEndedSessions: EndedSession[];
  endSession: undefined;
  endOtherSessions: undefined;
  register: Jwt;
  signUp: Jwt;
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
expectTypeOf<Omit<Refusals<operations>, 'logout'>>().toEqualTypeOf<{
  [O in Exclude<keyof operations, 'logout'>]: Failure;
}>();
expectTypeOf<Refusals<operations>['logout']>().toEqualTypeOf<Failure | { detail: string }>();

// A browser refreshes without a body: the token is in its cookie.
expectTypeOf<operations['refreshToken']['requestBody']>().toEqualTypeOf<undefined>();
expectTypeOf<operations['login']['responses'][200]['headers']['Set-Cookie']>().toBeString();
