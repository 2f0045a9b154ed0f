import { z } from 'zod';

/** The version of the form of the file. A file of another one is refused. */
export const EXPORT_VERSION = 1;

const bytes = z.string().regex(/^(?:[0-9a-f]{2})*$/);
const moment = z.iso.datetime();
const count = z.int().min(0);
const id = z.int().min(1);

/** The first line. It has no date, so that two exports of the same accounts are equal. */
export const HEADER = z.object({
  format: z.literal('tokenjar-export'),
  version: z.int(),
  with_sessions: z.boolean(),
  /** Tells whether sessions were opened with a key, and nothing else of it. */
  key: z.string(),
  /** The highest ID that was given: those of deleted users are given to nobody else. */
  last_id: count,
});

/** The last line, without which a file has been cut. */
export const END = z.object({ end: z.literal(true), users: count });

export const ROLE = z.object({
  name: z.string(),
  permissions: z.array(z.string()),
  description: z.string().nullable(),
});
export type ExportedRole = z.infer<typeof ROLE>;

/** What is refused although it has not expired, of one session or key, or of a user who is gone. */
export const REFUSAL = z.object({
  session_id: z.guid().nullable(),
  user_id: id.nullable(),
  began_until: moment.nullable(),
  except_session_id: z.guid().nullable(),
  claims_epoch: count.nullable(),
  reason: z.string(),
  created_at: moment,
  expires_at: moment,
});
export type ExportedRefusal = z.infer<typeof REFUSAL>;

const FACTOR = {
  id: z.guid(),
  name: z.string().nullable(),
  created_at: moment,
  last_used_at: moment.nullable(),
};

/** Of what only goes on with the same `SECRET_KEY` and ID. */
const OF_SESSIONS = {
  impersonated_until: moment.nullable(),
  sessions: z.array(
    z.object({
      id: z.guid(),
      lookup_id: z.guid(),
      generation: count,
      parent_generation: count,
      rotated_at: moment,
      created_at: moment,
      last_used_at: moment,
      idle_expires_at: moment,
      remember: z.boolean(),
      absolute_expires_at: moment,
      user_agent: z.string().nullable(),
      ip: z.string().nullable(),
      cookie_protection: z.int().min(0).max(2),
      auth_methods: z.array(z.string()),
      scope: z.string().nullable(),
      authenticated_at: moment.nullable(),
    }),
  ),
  devices: z.array(
    z.object({
      id: z.guid(),
      digest: bytes,
      name: z.string().nullable(),
      credentials_epoch: count,
      factors_epoch: count,
      created_at: moment,
      expires_at: moment,
    }),
  ),
  refusals: z.array(REFUSAL.omit({ user_id: true, session_id: true })),
};

/** A user, with all that is theirs. Bytes are hexadecimal, but for the secret of an authenticator app. */
export const USER = z.object({
  id,
  public_id: z.guid(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  username: z.string().nullable(),
  username_is_exact: z.boolean(),
  password_hash: z.string().nullable(),
  is_active: z.boolean(),
  roles: z.array(z.string()),
  locale: z.string().nullable(),
  created_at: moment,
  last_login_at: moment.nullable(),
  credentials_epoch: count,
  factors_epoch: count,
  claims_epoch: count,
  has_unproven_factors: z.boolean(),
  /** **Shape** Base32. */
  totp: z.object({ ...FACTOR, secret: z.string(), last_step: count }).nullable(),
  passkey_handle: bytes.nullable(),
  passkeys: z.array(
    z.object({
      ...FACTOR,
      credential_id: bytes,
      public_key: bytes,
      counter: count,
      transports: z.array(z.string()),
      aaguid: z.guid(),
      is_backup_eligible: z.boolean(),
      is_backed_up: z.boolean(),
      is_discoverable: z.boolean().nullable(),
    }),
  ),
  /** Digests, which are of the ID of the user too. */
  recovery_codes: z.array(bytes),
  identities: z.array(
    z.object({
      id: z.guid(),
      provider: z.string(),
      issuer: z.string(),
      subject: z.string(),
      email: z.string().nullable(),
      name: z.string().nullable(),
      is_unproven: z.boolean(),
      revoked_at: moment.nullable(),
      created_at: moment,
      last_used_at: moment.nullable(),
    }),
  ),
  api_keys: z.array(
    z.object({
      id: z.guid(),
      name: z.string(),
      digest: bytes,
      scopes: z.array(z.string()),
      created_at: moment,
      expires_at: moment,
      last_used_at: moment.nullable(),
      reminded_at: moment.nullable(),
    }),
  ),
  ...z.object(OF_SESSIONS).partial().shape,
});
export type ExportedUser = z.infer<typeof USER>;
