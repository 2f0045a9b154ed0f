/** The public API for apps that embed Tokenjar. Nothing else is public. */
export {
  type SecondStep,
  SecondSteps,
  type SignInProgress,
  type StepNeed,
  type Verified,
} from './auth/second-steps.js';
export { Clock } from './clock.js';
export type { HashParameters } from './crypto/password.js';
export { SettingsError } from './config/check.js';
export type { OptionsInput } from './config/options.js';
export { ENTITIES } from './entities.js';
export type {
  ClaimsFactory,
  ForeignAccount,
  ForeignCredentials,
  Hook,
  HookCaller,
  HookContext,
  Hooks,
  HostEvent,
  HookSession,
  HookUser,
  InTransaction,
  Profile,
  Registering,
  SigningIn,
  WithProfile,
} from './hooks/hooks.js';
export type { JsonSchema, ProfileFields, StandardSchema } from './hooks/profile.js';
export {
  type ErrorCode,
  type FieldErrors,
  type PendingFacts,
  type RefusingLimit,
  type StepUpDemand,
  TokenjarError,
  type TokenProblem,
} from './errors.js';
export type { EventName } from './events.js';
export type { OpenedSession, SignInByHost } from './host/host-sign-in.js';
export type { NewUser, UserUpdate } from './host/user-input.js';
export { TokenjarRoles } from './host/tokenjar-roles.js';
export { TokenjarSessions, type Wanted } from './host/tokenjar-sessions.js';
export type { TokenjarUser, UserRef } from './host/tokenjar-user.js';
export { TokenjarUsers } from './host/tokenjar-users.js';
export type { RoleFacts, RoleInput } from './http/admin-payloads.js';
export type { PendingSignIn, SecondFactorInput } from './http/pending-sign-in.js';
export { AccessGuard, type GuardedCall, isTokenjarRoute } from './http/access.guard.js';
export { type Caller, From } from './http/caller.js';
export { ProblemFilter } from './http/problem.filter.js';
export { Authenticated } from './http/authenticated.js';
export { CurrentUser, isPublic, Principal, Public } from './http/principal.js';
export { RequireRole, RequireScope } from './http/permission.guard.js';
export { RequireFresh, RequireFreshFactor, RequireLevel } from './http/step-up.guard.js';
export type { BodyType, Problem, WordedProblem } from './http/dialects/dialect.js';
export type { Wire, WireOperation, WireRequest } from './http/dialects/wire.js';
export type { Route } from './http/operation-row.js';
export type { OperationName, Operations } from './http/operations.js';
export { describeTokenjar } from './openapi/host-document.js';
export type { EmailTexts, HostEmail, HostText } from './mail/host-texts.js';
export type { EmailKind, EmailValues } from './mail/email.js';
export { Mailer, type OutgoingEmail } from './mail/mailer.js';
export { type CounterName, type GaugeName, type HistogramName, type LabelsOf, Metrics } from './measures.js';
export { PrometheusMetrics } from './metrics/prometheus-metrics.js';
export { SendingError, type SendingStage } from './mail/failure.js';
export { type TokenjarAsyncInput, type TokenjarInput, TokenjarModule } from './tokenjar.module.js';
export type { TokenjarParts } from './tokenjar-parts.js';
export type { Egress } from './providers/provider-requests.js';
export type { AccessSubject } from './tokens/access-token.js';
export type { Actor } from './tokens/actor.js';
export type { AuthenticationClaims, AuthLevel, AuthMethod } from './tokens/authentication.js';
export type { TokenUser } from './tokens/token-user.js';
export type { ShownId } from './user-id.js';
export {
  BlacklistEntry,
  type EndReason,
  type EntryReason,
} from './users/blacklist/blacklist-entry.entity.js';
export { Session } from './users/sessions/session.entity.js';
export { EndedSession } from './users/sessions/ended-session.entity.js';
export type { ListedEndedSession, ListedSession } from './users/sessions/listed-session.js';
export { Role } from './users/roles/role.entity.js';
export { User } from './users/user.entity.js';
