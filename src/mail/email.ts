/**
 * All kinds of emails and the values that their texts need, besides `site` and `email` (the recipient's address).
 *
 * `factor` is a kind of second factor, `left` a number, `provider` the name of one. `link` is an address, `lifetime` is in seconds, and `time` is in ISO 8601; both are formatted in the reader's language.
 */
export const EMAILS = {
  verify_email: ['link', 'lifetime'],
  account_exists: ['link', 'lifetime'],
  choose_password: ['link', 'lifetime'],
  reset_password: ['link', 'lifetime'],
  change_email: ['link', 'lifetime'],
  invitation: ['link', 'lifetime'],
  email_changed: ['time'],
  username_changed: ['time'],
  password_changed: ['time'],
  account_deleted: ['time'],
  new_device: ['device', 'ip', 'time'],
  session_reused: ['device', 'time'],
  factor_added: ['factor', 'time'],
  factor_removed: ['factor', 'time'],
  recovery_code_used: ['left', 'device', 'ip', 'time'],
  recovery_codes_low: ['left', 'device', 'ip', 'time'],
  recovery_codes_replaced: ['time'],
  factor_reset_requested: ['time', 'lifetime'],
  factor_removal_requested: ['factor', 'time', 'lifetime'],
  factors_reset: ['time'],
  factors_dropped: ['time'],
  factor_reset_cancelled: ['time'],
  device_trusted: ['device', 'ip', 'time'],
  factor_failed: ['device', 'ip', 'time'],
  identity_linked: ['provider', 'time'],
  identity_unlinked: ['provider', 'time'],
  api_key_created: ['device', 'ip', 'time'],
  api_key_expires: ['time'],
  login_code: ['code', 'link', 'lifetime'],
  identity_code: ['code', 'link', 'lifetime'],
  account_locked: ['link', 'lifetime'],
  unlock_account: ['link', 'lifetime'],
} as const satisfies Record<string, readonly ValueName[]>;

export type ValueName =
  'code' | 'link' | 'lifetime' | 'device' | 'ip' | 'time' | 'factor' | 'left' | 'provider';
/** What nobody can go on without. */
export const NEEDED: readonly ValueName[] = ['link', 'code'];
/** What an email is about. */
export type EmailKind = keyof typeof EMAILS;
/** The values for the text of an email, by their names. */
export type EmailValues = Record<string, string>;

/**
 * Emails that report what has happened, without being requested. They only go to verified addresses, a few of a kind per
 * day, and no user is waiting for one.
 */
export const NOTICES = [
  'email_changed',
  'username_changed',
  'password_changed',
  'account_deleted',
  'new_device',
  'session_reused',
  'factor_added',
  'factor_removed',
  'recovery_code_used',
  'recovery_codes_low',
  'recovery_codes_replaced',
  'factor_reset_requested',
  'factor_removal_requested',
  'factors_reset',
  'factors_dropped',
  'factor_reset_cancelled',
  'device_trusted',
  'factor_failed',
  'identity_linked',
  'identity_unlinked',
  'api_key_created',
  'api_key_expires',
  'account_locked',
] as const satisfies readonly EmailKind[];
export type Notice = (typeof NOTICES)[number];

export const isNotice = (kind: EmailKind): kind is Notice => (NOTICES as readonly string[]).includes(kind);

/** Lower values are sent first: emails that a user requested and waits for, then those with a helpful link, then the rest. */
export const priorityOf = (kind: EmailKind): number =>
  !isNotice(kind) ? 0 : kind === 'account_locked' ? 1 : 2;

export const isEmailKind = (kind: string): kind is EmailKind => Object.hasOwn(EMAILS, kind);

/** An email as queued by a slice. */
export interface Email {
  kind: EmailKind;
  /** The address of the recipient. */
  to: string;
  /** The reader's preference: a language tag, or an unparsed Accept-Language header. */
  languages: string | null;
  /** The values for the text, as far as they are known; a {@link Preparation} may add more. */
  values: EmailValues;
}

/** An email that is about to be sent. */
export interface Draft extends Email {
  /** The same at every attempt. */
  id: string;
}

/**
 * Completes an email when it is about to be sent, with values that must not be stored in the database, such as a link.
 *
 * @returns undefined if there is nothing to send, such as to a recipient without an account.
 */
export type Preparation = (draft: Draft) => Promise<Email | undefined>;
