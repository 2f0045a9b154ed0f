/**
 * What an app that embeds Tokenjar may import. Nothing else is public.
 */
export { type SecondStep, SecondSteps, type SignInProgress, type StepNeed } from './auth/second-steps.js';
export { Clock } from './clock.js';
export { SettingsError } from './config/check.js';
export type { Options, OptionsInput } from './config/options.js';
export { ENTITIES } from './entities.js';
export { type ErrorCode, TokenjarError } from './errors.js';
export type { SecondFactorInput } from './http/pending-sign-in.js';
export { AccessGuard } from './http/access.guard.js';
export { type Caller, From } from './http/caller.js';
export { ProblemFilter } from './http/problem.filter.js';
export { Me, Principal, Protected, Public } from './http/principal.js';
export { type TokenjarAsyncInput, type TokenjarInput, TokenjarModule } from './tokenjar.module.js';
export type { AccessSubject, ClaimsFactory } from './tokens/access-token.js';
export type { AuthLevel, AuthMethod } from './tokens/authentication.js';
export { BlacklistEntry, type EndReason } from './users/blacklist/blacklist-entry.entity.js';
export { Session } from './users/sessions/session.entity.js';
export { EndedSession } from './users/sessions/ended-session.entity.js';
export { SessionEnding } from './users/sessions/session-ending.js';
export type { SessionWithUser } from './users/sessions/session-with-user.js';
export type { ListedEndedSession, ListedSession } from './users/sessions/listed-session.js';
export { Sessions } from './users/sessions/sessions.js';
export { User } from './users/user.entity.js';
export { Users } from './users/users.js';
