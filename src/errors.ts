/** One row of {@link ERRORS}. */
interface ErrorRow {
  status: number;
  /** The sentence for the caller. It may improve; the code never changes. */
  detail: string;
  /** True where the refresh token that caused it can never work again. */
  deadToken?: true;
  /** True where another access token of the same user might be accepted: `insufficient_scope` of RFC 6750 §3.1. */
  lacksPermission?: true;
}

const table = <T extends Record<string, ErrorRow>>(rows: T): { readonly [Code in keyof T]: ErrorRow } => rows;

/** Every error code. `docs/errors.md` is generated from it. */
export const ERRORS = table({
  input_invalid: { status: 400, detail: 'Some fields are missing or invalid; see `errors`.' },
  request_malformed: { status: 400, detail: 'The request is not valid HTTP.' },
  body_malformed: { status: 400, detail: 'The request body is malformed.' },
  url_malformed: { status: 400, detail: 'The URL is malformed.' },
  password_too_short: { status: 400, detail: 'The new password is too short.' },
  password_too_long: { status: 400, detail: 'The new password is too long.' },
  password_too_common: { status: 400, detail: 'The new password is too easy to guess.' },
  password_breached: {
    status: 400,
    detail: 'The new password has appeared in a data breach.',
  },
  password_numeric: { status: 400, detail: 'The new password consists only of digits.' },
  password_mismatch: { status: 400, detail: 'The two new passwords do not match.' },
  password_same_as_email: { status: 400, detail: 'The new password must not be the email address.' },
  password_too_similar: {
    status: 400,
    detail: 'The new password is too similar to the email address or the site name.',
  },
  link_invalid: {
    status: 400,
    detail: 'The link is not valid: it was already used, has expired, or the account has changed since.',
  },
  return_to_refused: {
    status: 400,
    detail: '`return_to` must be a path, or an address of a trusted origin.',
  },
  state_missing: {
    status: 400,
    detail: 'This browser has no such sign-in in progress; start again.',
  },
  access_token_refused: {
    status: 400,
    detail:
      'An access token of a provider does not say to whom it was issued; send the code or an ID token instead.',
  },
  setup_expired: { status: 400, detail: 'The set-up has expired; begin again.' },
  method_not_available: { status: 400, detail: 'This method is not available for this login.' },
  invalid_scope: { status: 400, detail: '`scope` asks for a permission that you do not have.' },
  cookie_ambiguous: {
    status: 400,
    detail:
      'Two refresh cookies of different sessions were sent; delete the one set for another path or domain.',
  },
  bad_credentials: { status: 401, detail: 'Wrong email address or password.' },
  second_factor_required: {
    status: 401,
    detail: 'A second factor is required; `methods` lists what is accepted.',
  },
  second_factor_setup_required: {
    status: 401,
    detail: 'A second factor must be set up to sign in; `methods` lists what is accepted.',
  },
  passkey_invalid: { status: 401, detail: 'The passkey is not valid here.' },
  code_wrong: { status: 401, detail: 'The code is wrong.' },
  second_factor_wrong: { status: 401, detail: 'The second factor is wrong.' },
  provider_refused: { status: 401, detail: 'The provider did not confirm who you are.' },
  email_required: {
    status: 401,
    detail: 'The provider has no verified address of yours: name one first.',
  },
  login_expired: { status: 401, detail: 'The login has expired; start again.' },
  access_missing: { status: 401, detail: 'An access token is required: Authorization: Bearer <token>.' },
  bad_authorization_header: {
    status: 401,
    detail: 'The Authorization header must contain a scheme and one token, separated by a space.',
  },
  refresh_missing: { status: 401, detail: 'No refresh token was sent.' },
  token_invalid: { status: 401, detail: 'The token is invalid.', deadToken: true },
  token_expired: { status: 401, detail: 'The token has expired.', deadToken: true },
  token_wrong_type: { status: 401, detail: 'The token is of the wrong type.', deadToken: true },
  token_blacklisted: { status: 401, detail: 'The session of this token has ended.', deadToken: true },
  token_password_changed: {
    status: 401,
    detail: 'The password has been changed since this token was issued.',
    deadToken: true,
  },
  token_outdated: {
    status: 401,
    detail: 'Your roles or permissions have changed since this access token was issued; refresh it.',
  },
  token_reused: {
    status: 401,
    detail:
      'This refresh token was already replaced. Someone else may have a copy, so the session was ended.',
    deadToken: true,
  },
  insufficient_user_authentication: {
    status: 401,
    detail:
      'Authenticate again first: `max_age` is the maximum age of the sign-in in seconds, `acr_values` the required level.',
  },
  user_not_found: { status: 401, detail: 'The user of this token does not exist.', deadToken: true },
  user_inactive: { status: 401, detail: 'The user is deactivated.' },
  access_denied: { status: 403, detail: 'The sign-in was cancelled at the provider.' },
  api_key_refused: {
    status: 403,
    detail: 'This requires a sign-in; API keys are not accepted.',
    lacksPermission: true,
  },
  insufficient_scope: {
    status: 403,
    detail: 'You do not have the permission that this requires.',
    lacksPermission: true,
  },
  impersonating: {
    status: 403,
    lacksPermission: true,
    detail: 'An administrator who acts as another user may not do this.',
  },
  impersonation_refused: {
    status: 403,
    detail: 'Nobody acts as an administrator, as themselves, or as a user who is deactivated.',
  },
  email_not_verified: { status: 403, detail: 'The email address has not been verified yet.' },
  sign_in_required: {
    status: 403,
    detail:
      'Somebody has registered this address lately: sign in to the account that is to move to it, and open the link in the same browser.',
  },
  device_proof_required: {
    status: 403,
    detail: 'The session is bound to a device, which has to prove itself first; try again.',
  },
  device_binding_refused: { status: 403, detail: 'The session cannot be bound to this key.' },
  origin_refused: { status: 403, detail: 'Requests from this origin are not allowed.' },
  sign_in_refused: { status: 403, detail: 'You may not sign in here.' },
  registration_closed: { status: 403, detail: 'Registration is closed.' },
  session_limit_reached: {
    status: 403,
    detail: 'You have reached the maximum number of sessions. Sign out on another device first.',
  },
  not_found: { status: 404, detail: 'There is nothing at this URL.' },
  provider_not_found: { status: 404, detail: 'There is no such provider.' },
  identity_not_found: { status: 404, detail: 'There is no such linked account.' },
  account_not_found: { status: 404, detail: 'There is no such account.' },
  invitation_not_found: { status: 404, detail: 'There is no such invitation; it may have been accepted.' },
  role_not_found: { status: 404, detail: 'There is no such role.' },
  api_key_not_found: { status: 404, detail: 'There is no such API key.' },
  webhook_url_refused: {
    status: 400,
    detail: 'This URL is refused: it has to be a public https address, without a password.',
  },
  webhook_not_found: { status: 404, detail: 'There is no such webhook.' },
  delivery_not_found: { status: 404, detail: 'There is no such delivery, or its webhook is disabled.' },
  session_not_found: { status: 404, detail: 'There is no such session.' },
  factor_not_found: { status: 404, detail: 'There is no such factor.' },
  factor_reset_not_found: { status: 404, detail: 'No removal of your second factors has been requested.' },
  trusted_device_not_found: { status: 404, detail: 'There is no such trusted device.' },
  method_not_allowed: {
    status: 405,
    detail: 'This method is not allowed here; the Allow header lists the methods that are.',
  },
  request_timeout: { status: 408, detail: 'The request took too long to arrive.' },
  own_account: {
    status: 409,
    detail:
      'Administrators cannot delete or deactivate themselves here, or take their own role `admin`; another one can.',
  },
  role_held: { status: 409, detail: 'Users have this role; take it from them first.' },
  factor_exists: { status: 409, detail: 'This second factor already exists.' },
  factor_missing: { status: 409, detail: 'There is no second factor; set one up first.' },
  factor_mandatory: {
    status: 409,
    detail: 'A second factor is mandatory for this account, and this is the only one.',
  },
  identity_taken: { status: 409, detail: 'This account is linked to another user.' },
  last_sign_in_method: {
    status: 409,
    detail: 'This is your only way to sign in; set a password first.',
  },
  account_exists: {
    status: 409,
    detail: 'The address has an account: sign in to it, and the two are linked.',
  },
  username_taken: {
    status: 409,
    detail: 'This username is taken, or looks too much like one that is.',
  },
  password_link_refused: {
    status: 409,
    detail: 'A link is only shown for an active account that has no email address and is no administrator.',
  },
  address_missing: { status: 409, detail: 'The account has no email address.' },
  email_taken: { status: 409, detail: 'An account with this email address already exists.' },
  factor_reset_pending: {
    status: 409,
    detail: 'The removal of the second factors was requested before, and is waiting.',
  },
  api_key_limit_reached: { status: 409, detail: 'You have reached the maximum number of API keys.' },
  factor_limit_reached: { status: 409, detail: 'The account has reached the maximum number of passkeys.' },
  body_too_large: { status: 413, detail: 'The request body is larger than 64 KiB.' },
  url_too_long: { status: 414, detail: 'The URL is too long.' },
  expectation_failed: { status: 417, detail: 'The server does not know what the Expect header asks for.' },
  media_type_unsupported: {
    status: 415,
    detail: 'The request body must be uncompressed application/json or application/x-www-form-urlencoded.',
  },
  rate_limited: { status: 429, detail: 'Too many attempts; try again later.' },
  headers_too_large: { status: 431, detail: 'The request headers are too large.' },
  request_refused: { status: 400, detail: 'The request cannot be processed.' },
  internal_error: { status: 500, detail: 'Something went wrong on our side.' },
  token_too_large: {
    status: 500,
    detail:
      'The access token would be too large for a request header; the server operator must reduce its claims.',
  },
  hook_failed: {
    status: 500,
    detail: 'The app that this server is part of could not do its part; try again.',
  },
  refresh_pending: {
    status: 503,
    detail: 'Another refresh of this session is in progress; try again shortly.',
  },
  server_busy: { status: 503, detail: 'Too many sign-ins at once; try again shortly.' },
  provider_unavailable: { status: 503, detail: 'The provider cannot be reached; try again shortly.' },
  database_unavailable: { status: 503, detail: 'The database cannot be reached; try again shortly.' },
  not_ready: { status: 503, detail: 'The server is not ready.' },
});

/** A stable name for one kind of failure. */
export type ErrorCode = keyof typeof ERRORS;

/** Maps each field to sentences that say what is wrong with it. */
export type FieldErrors = Record<string, string[]>;

/** What exactly is wrong with one of our tokens, for dialects that distinguish it. */
export type TokenProblem = 'no_exp' | 'no_jti' | 'no_type' | 'no_user';

/** The limit that refused. **Unit** seconds for the window. */
export interface RefusingLimit {
  name: string;
  quota: number;
  window: number;
}

/** A sign-in that lacks a step. **Unit** seconds for its life. */
export interface PendingFacts {
  methods: readonly string[];
  expiresIn: number;
  loginToken?: string | undefined;
}

/** What an operation demands of the sign-in. **Source** RFC 9470 §3. */
export interface StepUpDemand {
  /** The maximum age of the sign-in. **Unit** seconds. */
  maxAge?: number | undefined;
  level?: 'aal2' | undefined;
}

interface ErrorFacts {
  /** The permissions that a request needs. **Source** RFC 6750 §3.1. */
  scope?: readonly string[];
  errors?: FieldErrors;
  /** All codes of this failure, where several things are wrong at once. */
  codes?: readonly ErrorCode[];
  tokenProblem?: TokenProblem;
  /** When to try again. **Unit** seconds. */
  retryAfter?: number;
  limit?: RefusingLimit;
  /** The account that the request named, for the audit trail. Never shown to the caller. */
  account?: string | undefined;
  /** The browser that sent the token has since received a newer one, or is about to. */
  isReplaced?: boolean;
  /** How to go on with a sign-in. */
  pending?: PendingFacts;
  /** What a sign-in lacks that is too old or too weak. */
  stepUp?: StepUpDemand;
  /** The status and the sentence of an exception of a host, in place of those of the code. */
  said?: { status: number; detail: string } | undefined;
  /** For the log; never shown to the caller. */
  cause?: unknown;
}

/** The error about a field that the request lacks. */
export const missingField = (field: string): TokenjarError =>
  new TokenjarError('input_invalid', { errors: { [field]: ['This field is required.'] } });

/**
 * The one way to refuse a request.
 *
 * It has the shape of http-errors (`status`, `statusCode`, `expose`), so that an app that embeds Tokenjar answers with
 * the right status even on routes without our filter.
 */
export class TokenjarError extends Error {
  readonly status: number;
  readonly statusCode: number;
  readonly expose = true;
  readonly errors: FieldErrors | undefined;
  readonly retryAfter: number | undefined;
  readonly limit: RefusingLimit | undefined;
  readonly codes: readonly ErrorCode[];
  readonly tokenProblem: TokenProblem | undefined;
  readonly account: string | undefined;
  /** Not enumerable: it contains a secret, and reports of errors copy what is. */
  declare readonly pending: PendingFacts | undefined;
  readonly stepUp: StepUpDemand | undefined;
  readonly scope: readonly string[] | undefined;
  /** Whether a host threw it, and logs it if it wants to. */
  readonly isHosts: boolean;
  private readonly isReplaced: boolean;

  constructor(
    readonly code: ErrorCode,
    {
      errors,
      codes = [code],
      retryAfter,
      limit,
      tokenProblem,
      account,
      isReplaced = false,
      pending,
      stepUp,
      scope,
      said,
      cause,
    }: ErrorFacts = {},
  ) {
    super(said?.detail ?? ERRORS[code].detail, cause === undefined ? undefined : { cause });
    this.name = 'TokenjarError';
    this.status = this.statusCode = said?.status ?? ERRORS[code].status;
    this.isHosts = said !== undefined;
    this.errors = errors;
    this.codes = codes;
    this.retryAfter = retryAfter;
    this.limit = limit;
    this.tokenProblem = tokenProblem;
    this.account = account;
    Object.defineProperty(this, 'pending', { value: pending });
    this.stepUp = stepUp;
    this.scope = scope;
    this.isReplaced = isReplaced;
  }

  /** Whether the refresh token that caused it can never work again, so that its cookie may be cleared. */
  get isDeadToken(): boolean {
    return ERRORS[this.code].deadToken === true && !this.isReplaced;
  }
}
