interface EventRow {
  /** What it says, for the reference and the document. */
  description: string;
  /** Whether users see it among their own, at `GET /activity`. */
  isOwn: boolean;
}

const own = (description: string): EventRow => ({ description, isOwn: true });
const others = (description: string): EventRow => ({ description, isOwn: false });

/** Every event that is recorded. Names are for ever. `docs/events.md` is generated from it. */
export const EVENTS = {
  registration: own('an account was created'),
  login: own('somebody signed in, or tried to'),
  login_blocked: own('the last wrong password before the account is locked for unknown devices'),
  login_unlock_requested: own('an email was requested that unlocks the account'),
  login_unlocked: own('the account was unlocked for a browser, by an email'),
  session_ended: own('a session ended'),
  password_check: own('the password was asked for again while signed in'),
  password_change: own('the password was changed'),
  password_reset_requested: own('an email was requested that sets a new password'),
  password_reset: own('a new password was set, by an email'),
  email_verification_requested: own('an email was requested that verifies the address'),
  email_verification: own('the address was verified'),
  email_change_requested: own('an email was requested that changes the address'),
  email_change: own('the address was changed'),
  user_deactivated: own('an operator deactivated the account'),
  user_activated: own('an operator activated the account'),
  user_deleted: others('the account was deleted'),
  rate_limited: own('attempts were refused; the reason is the limit'),
  origin_refused: others('a page of another origin was refused; the reason is the origin'),
  link_refused: others('a key was wrong, used or expired; the reason is the operation'),
  token_refused: others('a token was refused that this server did not sign'),
} as const satisfies Record<string, EventRow>;

export type EventName = keyof typeof EVENTS;

/** The names and descriptions of the events that users see, for the document. **Shape** CommonMark. */
export const ownEvents = (): string =>
  Object.entries<EventRow>(EVENTS)
    .filter(([, { isOwn }]) => isOwn)
    .map(([name, { description }]) => `\`${name}\` (${description})`)
    .join(', ');
