interface EventRow {
  /** For the reference and the OpenAPI document. */
  description: string;
  /** Whether users see it in their activity, at `GET /activity`. */
  isOwn: boolean;
}

const own = (description: string): EventRow => ({ description, isOwn: true });
const others = (description: string): EventRow => ({ description, isOwn: false });

/** All recorded events. Names never change. `docs/events.md` is generated from it. */
export const EVENTS = {
  registration: own('an account was created'),
  login: own('a sign-in or a failed attempt'),
  login_blocked: own('the last wrong password before the account is locked for unknown devices'),
  login_code_requested: own('an email with a code to sign in was requested'),
  login_unlock_requested: own('an unlock email was requested'),
  login_unlocked: own('the account was unlocked for a browser, using an email'),
  device_bound: own('a session was bound to its device'),
  device_released: own('a session is bound to its device no more: `DEVICE_BOUND_SESSIONS` is off'),
  device_proof_missing: own(
    'a refresh of a bound session was refused, because it came without a proof of its device',
  ),
  session_ended: own('a session ended'),
  password_check: own('the password was entered again while signed in'),
  reauthentication: own('the user authenticated again in a session'),
  password_change: own('the password was changed'),
  password_rehashed: others(
    'the password of an imported account, or one with outdated parameters, was hashed anew at a sign-in; it is the same password',
  ),
  password_reset_requested: own('a password reset email was requested'),
  password_reset: own('a new password was set, using an email'),
  email_verification_requested: own('a verification email was requested'),
  email_verification: own('the address was verified'),
  email_change_requested: own('an email that confirms a new address was requested'),
  email_change: own('the address was changed'),
  username_changed: own('the username was changed'),
  factor_added: own('a second factor was added; the reason is its kind'),
  factor_renamed: own('a second factor was renamed; the reason is its kind'),
  factor_removed: own('a second factor was removed; the reason is its kind'),
  second_factor_check: own('a second factor was entered while signed in'),
  recovery_code_used: own('a recovery code was used'),
  recovery_codes_replaced: own('new recovery codes were made'),
  device_trusted: own('a device was trusted, which saves the second factor'),
  trusted_device_removed: own('a trusted device was removed'),
  factor_reset_requested: own(
    'an operator asked to remove all second factors, or one of the kind that is the reason',
  ),
  factor_reset_cancelled: own('the removal of second factors that an operator asked for was cancelled'),
  factors_reset: own(
    'all second factors were removed: on behalf of an operator, or with the reason `address_proven` for the owner of an address that nobody had verified',
  ),
  identity_linked: own(
    'an account at a provider was linked, or its link was refused; the reason is the provider, or why',
  ),
  identity_unlinked: own('an account at a provider was unlinked; the reason is the provider'),
  identity_revoked: own(
    'a provider reported that its user ended the connection or deleted the account there; the reason is the provider',
  ),
  emails_suspended: own('a provider reported that a relay address takes no emails'),
  emails_resumed: own('a provider reported that a relay address takes emails again'),
  api_key_created: own('an API key was made; the reason is its ID'),
  api_key_revoked: own('an API key was revoked; the reason is its ID'),
  passkey_cloned: own('a passkey was refused, because a copy of its key is in use'),
  invitation_made: others('an invitation was made; the reason is the roles that it gives'),
  invitation_revoked: others('an invitation was revoked; the reason is the roles that it would have given'),
  invitation_accepted: own('an invitation was accepted; the reason is the roles that it gave'),
  roles_changed: own(
    'an operator or an import changed the roles of the account; the reason is the roles that it has',
  ),
  role_changed: others('the permissions of a role were changed; the reason is the role'),
  role_deleted: others('a role was deleted; the reason is the role'),
  user_deactivated: own('an operator deactivated the account'),
  user_activated: own('an operator activated the account'),
  impersonated: own('an administrator began to act as the user; the reason is the one that was given'),
  user_changed: own('the account was changed, by its user or an administrator; the reason is what was set'),
  user_deleted: others('the account was deleted'),
  users_imported: others(
    'an import of users of another system began to write, or ended; the reason is the system, and what was imported',
  ),
  users_exported: others(
    'an export of all accounts, with their password hashes and factors, began or ended; the reason is what was exported',
  ),
  webhook_added: others('an endpoint for webhooks was added; the reason is its ID'),
  webhook_deleted: others('an endpoint for webhooks was deleted; the reason is its ID'),
  webhook_disabled: others(
    'an endpoint for webhooks answered 410 Gone and gets no more; the reason is its ID',
  ),
  webhook_replayed: others('a webhook was sent again; the reason is the ID of the delivery'),
  signing_key_rotated: others('another key is to sign access tokens; the reason is its ID'),
  signing_key_revoked: others('a signing key was revoked, and its tokens with it; the reason is its ID'),
  signing_key_imported: others('a signing key was imported; the reason is its ID'),
  rate_limited: own('attempts were refused; the reason is the limit'),
  origin_refused: others('a page of another origin was refused; the reason is the origin'),
  link_refused: others('a key was wrong, used or expired; the reason is the operation'),
  token_refused: others('a token was refused that this server did not sign'),
} as const satisfies Record<string, EventRow>;

/** The type of an event of the audit trail. */
export type EventName = keyof typeof EVENTS;

/** The names and descriptions of the events that users see, for the document. **Shape** CommonMark. */
export const ownEvents = (): string =>
  Object.entries<EventRow>(EVENTS)
    .filter(([, { isOwn }]) => isOwn)
    .map(([name, { description }]) => `\`${name}\` (${description})`)
    .join(', ');
