/**
 * Every kind of email and the values that its words need, beside `site` and `email` (the address it goes to).
 *
 * `link` is an address; `lifetime` seconds, `time` a moment in ISO 8601: both are written out in the reader's language.
 */
export const EMAILS = {
  verify_email: ['link', 'lifetime'],
  account_exists: ['link', 'lifetime'],
  choose_password: ['link', 'lifetime'],
  reset_password: ['link', 'lifetime'],
  change_email: ['link', 'lifetime'],
  email_changed: ['time'],
  password_changed: ['time'],
  account_deleted: ['time'],
  new_device: ['device', 'ip', 'time'],
  session_reused: ['device', 'time'],
  account_locked: ['link', 'lifetime'],
  unlock_account: ['link', 'lifetime'],
} as const satisfies Record<string, readonly ValueName[]>;

export type ValueName = 'link' | 'lifetime' | 'device' | 'ip' | 'time';
export type EmailKind = keyof typeof EMAILS;
export type EmailValues = Record<string, string>;

/**
 * Emails that say what has happened, unasked: to verified addresses alone, and a few of a kind a day. Whoever waits for
 * no link waits for none of them.
 */
export const NOTICES = [
  'email_changed',
  'password_changed',
  'account_deleted',
  'new_device',
  'session_reused',
  'account_locked',
] as const satisfies readonly EmailKind[];
export type Notice = (typeof NOTICES)[number];

export const isNotice = (kind: EmailKind): kind is Notice => (NOTICES as readonly string[]).includes(kind);

/** What goes first, the lower: what somebody asked for and waits for, then what helps with its link, then the rest. */
export const priorityOf = (kind: EmailKind): number =>
  !isNotice(kind) ? 0 : kind === 'account_locked' ? 1 : 2;

export const isEmailKind = (kind: string): kind is EmailKind => Object.hasOwn(EMAILS, kind);

/** An email as a slice queues it. */
export interface Email {
  kind: EmailKind;
  /** The one address it goes to. */
  to: string;
  /** What the reader prefers: a language tag, or an Accept-Language header as it came. */
  languages: string | null;
  /** What the words need, as far as it is known now; a {@link Preparation} may add to it. */
  values: EmailValues;
}

/** An email that is about to go out. */
export interface Draft extends Email {
  /** The same at every attempt. */
  id: string;
}

/**
 * Looks at an email once more when it is about to go out, and adds what must not rest in the database, such as a link.
 *
 * @returns undefined where there is nothing to send, as to somebody who has no account.
 */
export type Preparation = (draft: Draft) => Promise<Email | undefined>;
