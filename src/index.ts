/** The public API for apps that embed Tokenjar. Nothing else is public. */
import type { Type } from '@nestjs/common';
import { SessionEnding as EverySessionEnding } from './users/sessions/session-ending.js';
import { RoleChanges as EveryRoleChange } from './users/roles/role-changes.js';
import { Sessions as EverySessions } from './users/sessions/sessions.js';
import { Users as EveryUsers } from './users/users.js';

export { type SecondStep, SecondSteps, type SignInProgress, type StepNeed } from './auth/second-steps.js';
export { Clock } from './clock.js';
export type { HashParameters } from './crypto/password.js';
export { SettingsError } from './config/check.js';
export type { Options, OptionsInput } from './config/options.js';
export { ENTITIES } from './entities.js';
export type {
  ClaimsFactory,
  ForeignAccount,
  ForeignCredentials,
  HookCaller,
  HookContext,
  Hooks,
  HostEvent,
  HookSession,
  HookUser,
  InTransaction,
  Registering,
  SigningIn,
} from './hooks/hooks.js';
export { type ErrorCode, TokenjarError } from './errors.js';
export type { SecondFactorInput } from './http/pending-sign-in.js';
export { AccessGuard, isTokenjarRoute } from './http/access.guard.js';
export { type Caller, From } from './http/caller.js';
export { ProblemFilter } from './http/problem.filter.js';
export { Authenticated } from './http/authenticated.js';
export { CurrentUser, isPublic, Principal, Public } from './http/principal.js';
export { RequireRole, RequireScope } from './http/permission.guard.js';
export { RequireFresh, RequireFreshFactor, RequireLevel } from './http/step-up.guard.js';
export { describeTokenjar } from './openapi/host-document.js';
export type { EmailTexts, HostEmail, HostText } from './mail/host-texts.js';
export { Mailer, type OutgoingEmail } from './mail/mailer.js';
export { type CounterName, type GaugeName, type HistogramName, Metrics } from './measures.js';
export { PrometheusMetrics } from './metrics/prometheus-metrics.js';
export { SendingError } from './mail/failure.js';
export {
  type TokenjarAsyncInput,
  type TokenjarInput,
  TokenjarModule,
} from './tokenjar.module.js';
export type { TokenjarParts } from './tokenjar-parts.js';
export type { AccessSubject } from './tokens/access-token.js';
export type { AuthLevel, AuthMethod } from './tokens/authentication.js';
export { BlacklistEntry, type EndReason } from './users/blacklist/blacklist-entry.entity.js';
export { Session } from './users/sessions/session.entity.js';
export { EndedSession } from './users/sessions/ended-session.entity.js';
export type { ListedEndedSession, ListedSession } from './users/sessions/listed-session.js';
export { Role } from './users/roles/role.entity.js';
export type { RoleProblem } from './users/roles/role-changes.js';
export { User } from './users/user.entity.js';

// The host sees only the stable part of these classes, and injects them under the same names.

/** Accounts. */
export const Users: Type<Pick<EveryUsers, 'findByEmail' | 'findById' | 'setLocale' | 'activate'>> =
  EveryUsers;
export type Users = InstanceType<typeof Users>;

/** The sessions of a user, live and ended. */
export const Sessions: Type<Pick<EverySessions, 'list' | 'listEnded'>> = EverySessions;
export type Sessions = InstanceType<typeof Sessions>;

/** Roles, and who has them: on every instance within a second. */
export const RoleChanges: Type<Pick<EveryRoleChange, 'list' | 'set' | 'delete' | 'assign'>> = EveryRoleChange;
export type RoleChanges = InstanceType<typeof RoleChanges>;

/** How sessions end, on every instance within a second. */
export const SessionEnding: Type<
  Pick<EverySessionEnding, 'endOne' | 'endOthers' | 'endAll' | 'deactivateUser'>
> = EverySessionEnding;
export type SessionEnding = InstanceType<typeof SessionEnding>;
